"""A robot's file from a description: joints, groups, tools, home, shape and servos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import mujoco
import numpy as np
from vla_contract.deployment.geometry import ControlPoint
from vla_contract.deployment.robot_model import Mimic
from vla_sim_bridge.drafting.hands.arms import Arm, find_arms
from vla_sim_bridge.drafting.hands.fingers import copied_motions, measure_grasp
from vla_sim_bridge.drafting.hands.tool_frame import find_tool
from vla_sim_bridge.drafting.home import Home, HomeSearch
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree
from vla_sim_bridge.drafting.kinematics.posture import Posture
from vla_sim_bridge.drafting.limits import JointLimits, limits_of, Sources
from vla_sim_bridge.drafting.mirror import mirrored
from vla_sim_bridge.drafting.reach import common_front, Reach
from vla_sim_bridge.drafting.reading.description import Description
from vla_sim_bridge.drafting.servo import gravity_efforts, servo_gains, ServoGains
from vla_sim_bridge.drafting.shape.clearance import Clearance, watched_pairs, with_capsules
from vla_sim_bridge.drafting.shape.links import control_points, Hand, Link, links_of

# Twice what cells keep between links, so that what stands still at home is not stopped there.
_CLEARANCE_M = 0.04


@dataclass(frozen=True)
class Hints:
    """What a user adds to a description.

    Attributes:
        joint_limits: limits by joint, from a joint_limits.yaml.
        grippers: joints that close fingers.
        tools: links that are tools, the first that an arm carries counts.
        tips: links where chains end, for arms whose fingers do not show where they meet.
        tool_offset_m: of the tool on that link [m].
    """

    joint_limits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    grippers: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    tips: tuple[str, ...] = ()
    tool_offset_m: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Draft:
    """Everything that the file of a robot says.

    Attributes:
        tree: joints of the model.
        hands: arms with tools and fingers.
        limits: of every commanded joint, in the order of the file.
        homes: of every arm.
        reaches: of every arm.
        home: position of every commanded joint [rad or m].
        mimics: joints that are to follow others.
        links: capsules.
        points: control points.
        pairs: capsules kept apart.
        left_out: joints that nothing commands.
        gains: of the simulated servos.
    """

    tree: JointTree
    hands: tuple[Hand, ...]
    limits: Mapping[int, JointLimits]
    homes: tuple[Home, ...]
    reaches: tuple[Reach, ...]
    home: Mapping[int, float]
    mimics: tuple[Mimic, ...]
    links: tuple[Link, ...]
    points: tuple[ControlPoint, ...]
    pairs: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]
    gains: ServoGains


def draft_robot(description: Description, hints: Hints) -> Draft:
    """Work out what a robot's file says.

    Raises:
        ContractError: there is no arm in the description, or a hint names what it does not have.
    """
    spec = description.spec
    tree = JointTree(spec.compile())
    arms = find_arms(tree, hints.grippers)
    mimics = _couple(spec, tree, arms)
    model = spec.compile()
    tree = JointTree(model)
    joints = _commanded(arms)
    posture = Posture(model, joints)
    sources = Sources(hints.joint_limits, description.urdf, gravity_efforts(model, joints))
    limits = {joint: limits_of(tree, joint, sources) for joint in joints}
    ranges = {joint: (v.lower.number, v.upper.number) for joint, v in limits.items()}
    posture.place({joint: (low + high) / 2 for joint, (low, high) in ranges.items()})
    hands = [_hand(tree, arm, posture, ranges, hints) for arm in arms]
    links = links_of(tree, hands, posture)
    spheres = [control_points(tree, hand, links, posture) for hand in hands]
    solid = Posture(with_capsules(spec, links), joints)
    pairs = watched_pairs(tree, links, solid, ranges, _CLEARANCE_M)
    opened = {h.arm.gripper.leader: h.grasp.opened for h in hands if h.arm.gripper and h.grasp}
    solid.place({joint: sum(ends) / 2 for joint, ends in ranges.items()} | opened)
    searches = [HomeSearch(tree, h.arm, h.tool, solid, ranges) for h in hands]
    reaches = [search.reach for search in searches]
    homes: list[Home] = []
    for number, (search, towards) in enumerate(zip(searches, common_front(reaches), strict=True)):
        # Arms that have no home yet are in nobody's way.
        later = {joint for hand in hands[number + 1 :] for joint in hand.arm.own}
        waiting = {link.capsule.name for link in links if link.joint in later}
        near = [pair for pair in pairs if not waiting & set(pair)]
        clearance = Clearance(solid, near, spheres[number], _CLEARANCE_M)
        like = None
        if number:
            like = mirrored(solid, hands[0].arm, homes[0].joints, hands[number].arm)
            for hand, home in zip(hands, homes, strict=False):
                solid.move(list(hand.arm.joints), home.joints)
        homes.append(search.find(clearance, towards, like))
    home_of = {joint: solid.position(joint) for joint in joints}
    apart = Clearance(solid, pairs, (), 0.0).distances()
    pairs = [pair for pair, gap in zip(pairs, apart, strict=True) if gap > _CLEARANCE_M / 2]
    others = [j for j in tree.joints if j not in joints and j not in tree.followers]
    in_hands = {j for arm in arms if arm.gripper for j in arm.gripper.joints}
    return Draft(
        tree=tree,
        hands=tuple(hands),
        limits=limits,
        homes=tuple(homes),
        reaches=tuple(reaches),
        home=home_of,
        mimics=mimics,
        links=tuple(links),
        points=tuple(point for of_hand in spheres for point in of_hand),
        pairs=tuple(pairs),
        left_out=tuple(tree.name(j) for j in others if j not in in_hands),
        gains=servo_gains(model, limits),
    )


def _couple(spec: mujoco.MjSpec, tree: JointTree, arms: Sequence[Arm]) -> tuple[Mimic, ...]:
    """Let fingers that nothing couples follow the leading one."""
    found: list[Mimic] = []
    for arm in arms:
        if arm.gripper is not None and arm.gripper.copies:
            joints = _commanded(arms) + list(arm.gripper.copies)
            found += copied_motions(tree, arm.gripper, Posture(tree.model, joints))
    for mimic in found:
        spec.add_equality(
            type=mujoco.mjtEq.mjEQ_JOINT,
            objtype=mujoco.mjtObj.mjOBJ_JOINT,
            name1=mimic.joint,
            name2=mimic.follows,
            data=[mimic.offset, mimic.multiplier, *[0.0] * 10],
        )
    return tuple(found)


def _commanded(arms: Sequence[Arm]) -> list[int]:
    joints = [joint for arm in arms for joint in (*arm.joints, *_leader(arm))]
    return list(dict.fromkeys(joints))


def _leader(arm: Arm) -> list[int]:
    return [arm.gripper.leader] if arm.gripper is not None else []


def _hand(
    tree: JointTree,
    arm: Arm,
    posture: Posture,
    ranges: dict[int, tuple[float, float]],
    hints: Hints,
) -> Hand:
    grasp = None
    if arm.gripper is not None:
        grasp = measure_grasp(tree, arm, arm.gripper, posture, ranges[arm.gripper.leader])
    link = {tree.model.body(body).name for body in tree.link(arm.joints[-1])}
    likely = hints.tools if grasp is not None else (*hints.tools, *hints.tips)
    tip = next((name for name in likely if name in link), '')
    tool = find_tool(tree, arm, posture, grasp, tip)
    offset = np.array(hints.tool_offset_m)
    if offset.any():
        tool = tool.moved(tree.model, offset)
    return Hand(arm, tool, grasp)
