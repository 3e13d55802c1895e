"""Capsules around links and spheres on them, from what a description has for contacts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from vla_contract.deployment.geometry import Capsule, ControlPoint, Triple
from vla_contract.values import Vector
from vla_sim_bridge.drafting.hands.arms import Arm
from vla_sim_bridge.drafting.hands.fingers import Grasp
from vla_sim_bridge.drafting.hands.tool_frame import ToolFrame
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree
from vla_sim_bridge.drafting.kinematics.posture import Posture
from vla_sim_bridge.drafting.kinematics.surface import points_of_bodies
from vla_sim_bridge.drafting.shape.capsule_fit import fit_capsule

# Of a link without a shape.
_GUESSED_RADIUS_M = 0.04
# What is thicker is a torso, a table or a cell: a capsule around it would hold half the arm.
_THICKEST_M = 0.25
_FINGER_RADIUS_M = 0.005
# The first two links stay where they are, or turn about the vertical.
_FIRST_LOW_LINK = 2


@dataclass(frozen=True)
class Hand:
    """An arm with what it ends in."""

    arm: Arm
    tool: ToolFrame
    grasp: Grasp | None


@dataclass(frozen=True)
class Link:
    """A capsule, and the joint that moves it; -1 for the base."""

    joint: int
    capsule: Capsule


def links_of(tree: JointTree, hands: Sequence[Hand], posture: Posture) -> list[Link]:
    """Return capsules around the base, the links of the arms, and their fingers."""
    found = [Link(-1, capsule) for capsule in _base(tree, posture)]
    joints = dict.fromkeys(joint for hand in hands for joint in hand.arm.joints)
    found += [Link(joint, _around_link(tree, joint, posture)) for joint in joints]
    for hand in hands:
        capsule = _around_fingers(tree, hand, posture)
        if capsule is not None:
            found.append(Link(hand.arm.joints[-1], capsule))
    return found


def control_points(
    tree: JointTree, hand: Hand, links: Sequence[Link], posture: Posture
) -> list[ControlPoint]:
    """Return spheres on an arm: tool, tips of the open fingers, and links from the third on."""
    model, prefix = posture.model, f'{hand.arm.name}_' if hand.arm.name else ''
    carrier = model.body(hand.tool.carrier).name
    found = [ControlPoint(f'{prefix}tool', carrier, _triple(hand.tool.position))]
    if hand.grasp is not None:
        palm = model.body(hand.grasp.palm).name
        for number, tip in enumerate(hand.grasp.tips, start=1):
            name = f'{prefix}finger_{number}'
            found.append(ControlPoint(name, palm, _triple(tip), _FINGER_RADIUS_M))
    kept: list[tuple[Vector, float]] = []
    low = hand.arm.joints[_FIRST_LOW_LINK:]
    for link in sorted(links, key=lambda link: -link.joint):
        if link.joint not in low:
            continue
        for name, offset in _spheres(link.capsule):
            body = model.body(link.capsule.body).id
            position, rotation = posture.pose(body)
            centre, radius = position + rotation @ offset, link.capsule.radius
            if not any(_covers(sphere, centre, radius) for sphere in kept):
                kept.append((centre, radius))
                found.append(ControlPoint(name, link.capsule.body, _triple(offset), radius))
    return found


def _covers(sphere: tuple[Vector, float], centre: Vector, radius: float) -> bool:
    """Whether a sphere near a joint is as good as the one of the next link there."""
    other, size = sphere
    return float(np.linalg.norm(centre - other)) < 0.5 * radius and size > 0.8 * radius


def _spheres(capsule: Capsule) -> Iterator[tuple[str, Vector]]:
    start, end = np.array(capsule.start), np.array(capsule.end)
    if np.linalg.norm(end - start) <= capsule.radius:
        yield capsule.name, (start + end) / 2
        return
    yield f'{capsule.name}_start', start
    yield f'{capsule.name}_end', end


def _base(tree: JointTree, posture: Posture) -> Iterator[Capsule]:
    model = posture.model
    for body in tree.link(-1):
        points = points_of_bodies(model, posture.data, [body], body)
        if len(points):
            capsule = fit_capsule(model.body(body).name, model.body(body).name, points)
            if capsule.radius < _THICKEST_M:
                yield capsule


def _around_link(tree: JointTree, joint: int, posture: Posture) -> Capsule:
    model, link = posture.model, tree.link(joint)
    name = model.body(link[0]).name
    points = points_of_bodies(model, posture.data, link, link[0])
    if len(points):
        return fit_capsule(name, name, points)
    after = [j for j in tree.below(joint) if (tree.above(j) or [-1])[-1] == joint]
    position, rotation = posture.pose(link[0])
    ends = [rotation.T @ (posture.anchor(j) - position) for j in (joint, *after[:1])]
    return Capsule(name, name, _triple(ends[0]), _triple(ends[-1]), _GUESSED_RADIUS_M)


def _around_fingers(tree: JointTree, hand: Hand, posture: Posture) -> Capsule | None:
    """Return a capsule that holds the fingers of an arm, open and closed."""
    gripper, grasp = hand.arm.gripper, hand.grasp
    if gripper is None or grasp is None:
        return None
    bodies = [body for joint in gripper.joints for body in tree.link(joint)]
    points = []
    for end in (grasp.closed, grasp.opened):
        posture.place({gripper.leader: end})
        points.append(points_of_bodies(posture.model, posture.data, bodies, grasp.palm))
    palm = posture.model.body(grasp.palm).name
    return fit_capsule(f'{palm}_fingers', palm, np.concatenate(points))


def _triple(point: Vector) -> Triple:
    x, y, z = (round(float(value), 4) + 0.0 for value in point)
    return x, y, z
