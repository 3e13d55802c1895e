"""How the fingers of a gripper move: which end of the range closes them, how wide they open."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.robot_model import Mimic
from vla_contract.values import Vector
from vla_sim_bridge.drafting.hands.arms import Arm, Gripper
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree
from vla_sim_bridge.drafting.kinematics.posture import Posture
from vla_sim_bridge.drafting.kinematics.surface import points_of_bodies

Indices = NDArray[np.intp]
# The last part of a finger, seen from the palm, that holds objects.
_TIP = 0.15
# How far fingers are apart around something to grasp, beyond closed.
_GRASP_M = 0.03
# Fingers grasp with the flat of their tips, not with the edge.
_FLAT_M = 0.01


@dataclass(frozen=True)
class Grasp:
    """Where and how the fingers of an arm meet, in the frame of the body that carries them.

    Attributes:
        palm: the body.
        fingers: bodies whose tips hold an object.
        closed: position of the leading joint with the fingers closed [rad or m].
        opened: with the fingers open [rad or m].
        opening_m: how much farther apart the tips then are [m].
        centre: between the tips around a small object, shape (3,) [m].
        approach: unit vector from the palm to the tips, shape (3,).
        closing: unit vector along which the tips move, shape (3,).
        tips: outermost points of the two fingers when open, shape (2, 3) [m].
    """

    palm: int
    fingers: tuple[int, ...]
    closed: float
    opened: float
    opening_m: float
    centre: Vector
    approach: Vector
    closing: Vector
    tips: Vector


def copied_motions(tree: JointTree, gripper: Gripper, posture: Posture) -> tuple[Mimic, ...]:
    """Return how joints that nothing couples have to follow the leader for the fingers to meet.

    Each goes from its open to its closed end as the leader does: closed is where the tips of a
    finger are nearer to those of the others.

    Args:
        tree: joints of the model.
        gripper: with its copies.
        posture: of the model, all joints of the gripper commanded.
    """
    joints = [gripper.leader, *gripper.copies]
    ends = {joint: tree.model.jnt_range[joint].tolist() for joint in joints}
    middle = {joint: sum(ends[joint]) / 2 for joint in joints}
    closed, opened = {}, {}
    for joint in joints:
        posture.place(middle)
        others = np.mean([_middle_of(tree, posture, j) for j in joints if j != joint], axis=0)
        distances = []
        for end in ends[joint]:
            posture.place({joint: end})
            distances.append(np.linalg.norm(_middle_of(tree, posture, joint) - others))
        nearer = int(np.argmin(distances))
        closed[joint], opened[joint] = ends[joint][nearer], ends[joint][1 - nearer]
    lead = gripper.leader
    return tuple(
        _line(tree, joint, lead, (closed[joint], opened[joint]), (closed[lead], opened[lead]))
        for joint in gripper.copies
    )


def _line(
    tree: JointTree,
    joint: int,
    leader: int,
    own: tuple[float, float],
    leading: tuple[float, float],
) -> Mimic:
    multiplier = (own[1] - own[0]) / (leading[1] - leading[0])
    offset = own[0] - multiplier * leading[0]
    return Mimic(
        tree.name(joint), tree.name(leader), round(multiplier, 6), round(float(offset), 6) + 0.0
    )


def _middle_of(tree: JointTree, posture: Posture, joint: int) -> Vector:
    bodies = [body for j in (joint, *tree.below(joint)) for body in tree.link(j)]
    points = points_of_bodies(posture.model, posture.data, bodies)
    middle: Vector = points.mean(axis=0) if len(points) else posture.anchor(joint)
    return middle


def measure_grasp(
    tree: JointTree, arm: Arm, gripper: Gripper, posture: Posture, limits: tuple[float, float]
) -> Grasp | None:
    """Measure the fingers of an arm by closing them.

    Args:
        tree: joints of the model.
        arm: that ends in the gripper.
        gripper: its fingers.
        posture: of the model; the fingers are left open.
        limits: of the leading joint [rad or m].

    Returns:
        What was found; None for fingers without a shape, or that do not move.
    """
    model, data, palm = posture.model, posture.data, tree.body(arm.joints[-1])
    bodies = [body for joint in gripper.joints for body in tree.link(joint)]
    counts = [len(points_of_bodies(model, data, [body])) for body in bodies]
    owner = np.repeat(bodies, counts)
    if not len(owner):
        return None
    ends = []
    for limit in limits:
        posture.place({gripper.leader: limit})
        ends.append(points_of_bodies(model, data, bodies, palm))
    approach = _approach(tree, arm, posture, palm, (ends[0] + ends[1]) / 2)
    tip = _last(((ends[0] + ends[1]) / 2) @ approach)
    moved = (ends[1] - ends[0])[tip]
    moved -= np.outer(moved @ approach, approach)
    if np.linalg.norm(moved, axis=1).max() < 1e-4:
        return None
    closing = np.linalg.svd(moved, full_matrices=False)[2][0]
    along = moved @ closing
    one, other = tip[along > 0], tip[along < 0]
    if min(len(one), len(other)) < 0.1 * len(tip):
        one, other = tip, np.zeros(0, dtype=np.intp)
    fixed: Vector = np.zeros((0, 3))
    holding = set(owner[tip].tolist())
    if not len(other):
        links = tree.link(arm.joints[-1])
        fixed = points_of_bodies(model, data, links, palm)
        fixed = fixed[_last(fixed @ approach)]
        holding |= {palm}
    pairs = [_pair(points, one, other, fixed) for points in ends]
    apart = [float(np.linalg.norm(a - b)) for a, b in pairs]
    shut = int(np.argmin(apart))
    closed, opened = limits[shut], limits[1 - shut]
    opening = apart[1 - shut] - apart[shut]
    share = min(_GRASP_M / max(opening, 1e-9), 0.5)
    posture.place({gripper.leader: closed + share * (opened - closed)})
    around = points_of_bodies(model, data, bodies, palm)
    centre = np.mean(_pair(around, one, other, fixed), axis=0) - _FLAT_M * approach
    posture.place({gripper.leader: opened})
    return Grasp(
        palm,
        tuple(sorted(holding)),
        closed,
        opened,
        opening,
        centre,
        approach,
        closing,
        np.array(pairs[1 - shut]),
    )


def _approach(tree: JointTree, arm: Arm, posture: Posture, palm: int, fingers: Vector) -> Vector:
    """Return the direction of the last joint's axis where fingers lie along it, else to them."""
    position, rotation = posture.pose(palm)
    last = arm.joints[-1]
    to_fingers = fingers.mean(axis=0) - rotation.T @ (posture.anchor(last) - position)
    to_fingers /= np.linalg.norm(to_fingers)
    axis: Vector = rotation.T @ posture.axis(last)
    along = float(axis @ to_fingers)
    # 60 degrees: an open jaw of a short wrist stands out far to one side.
    chosen: Vector = np.sign(along) * axis if abs(along) > 0.5 else to_fingers
    return chosen


def _last(heights: Vector) -> Indices:
    """Return the indices of what is farthest out."""
    top = heights.max()
    found: Indices = np.flatnonzero(heights >= top - _TIP * np.ptp(heights) - 1e-9)
    return found


def _pair(points: Vector, one: Indices, other: Indices, fixed: Vector) -> tuple[Vector, Vector]:
    first: Vector = points[one].mean(axis=0)
    second: Vector = points[other].mean(axis=0) if len(other) else fixed.mean(axis=0)
    return first, second
