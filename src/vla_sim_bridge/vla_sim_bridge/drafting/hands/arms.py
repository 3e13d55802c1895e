"""Arms and grippers of a tree of joints: which joints are fingers, and which carry them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
import re

from vla_contract.errors import ContractError, UnknownNameError
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree

# How makers call the joints of fingers and of the linkages that move them.
_FINGER = re.compile(
    r'finger|gripper|grip\b|jaw|knuckle|thumb|index|middle|ring|pinky|claw|drive|coupler|'
    r'follower|spring_link|pad\b|hand_joint',
    re.IGNORECASE,
)
_NOT_FINGER = re.compile(r'wrist|roll|rotat|head|wheel', re.IGNORECASE)
# The widest stroke of a finger: hands open to 0.2 m at most. Slides of lifts and rails are longer.
_LONGEST_STROKE_M = 0.2
# Shorter chains are heads, wheels and levers.
_SHORTEST_ARM = 3
_SIDES = (('left', re.compile(r'(^|[^a-z])(left|l)([^a-z]|$)', re.IGNORECASE)),
          ('right', re.compile(r'(^|[^a-z])(right|r)([^a-z]|$)', re.IGNORECASE)))  # fmt: skip


@dataclass(frozen=True)
class Gripper:
    """Fingers on one palm.

    Attributes:
        leader: the joint that is commanded.
        joints: every joint of the fingers, the leader too.
        copies: joints with a motor of their own, or with nobody who moves them, that are to do
            as the leader does.
        actuator: of the model, where fingers are pulled by a tendon; -1 for none.
    """

    leader: int
    joints: tuple[int, ...]
    copies: tuple[int, ...] = ()
    actuator: int = -1


@dataclass(frozen=True)
class Arm:
    """A chain of joints from the base to a hand or a flange.

    Attributes:
        name: '' for the only arm, else what tells it from the others, such as left.
        joints: from the base on.
        own: those of them that move no other arm.
        gripper: what it ends in; None for a flange.
    """

    name: str
    joints: tuple[int, ...]
    own: tuple[int, ...]
    gripper: Gripper | None


def find_arms(tree: JointTree, grippers: Sequence[str] = ()) -> list[Arm]:
    """Return the arms of a robot, those with grippers where there are any.

    Args:
        tree: its joints.
        grippers: names of joints that are fingers; they lead. Without them, fingers are told by
            their names, by their short strokes, and by standing side by side on one link.

    Raises:
        UnknownNameError: a joint is not in the model; lists those it has.
        ContractError: there is no chain of three joints or more.
    """
    known = [tree.name(joint) for joint in tree.joints]
    for name in grippers:
        if name not in known:
            raise UnknownNameError('joint', name, 'the description', known)
    named = [tree.index(name) for name in grippers]
    fingers = _fingers(tree, named)
    chains = _chains(tree, fingers, named)
    if not chains:
        raise ContractError(
            f'the description has no arm: found joints {", ".join(known)}; allowed: a chain of '
            f'{_SHORTEST_ARM} joints or more'
        )
    arms = [
        Arm('', tuple(chain), tuple(j for j in chain if _is_own(j, chain, chains)), gripper)
        for chain, gripper in chains
    ]
    return _named(tree, arms)


def _is_own(joint: int, chain: list[int], chains: list[tuple[list[int], Gripper | None]]) -> bool:
    return all(joint not in other for other, _ in chains if other is not chain)


def _fingers(tree: JointTree, named: list[int]) -> set[int]:
    """Return every joint that belongs to a gripper."""
    model, found = tree.model, set(named)
    for joint in named:
        palm = _above(tree, joint)
        found |= {j for j in tree.joints if palm in tree.above(j) and _looks_like_finger(tree, j)}
    if named:
        return found | {below for joint in found for below in tree.below(joint)}
    for joint in reversed(tree.joints):
        is_inner = all(below in found for below in tree.below(joint))
        low, high = model.jnt_range[joint]
        is_short = model.jnt_type[joint] == 2 and 0.0 < high - low <= _LONGEST_STROKE_M
        if is_inner and tree.above(joint) and (is_short or _looks_like_finger(tree, joint)):
            found.add(joint)
    return found


def _looks_like_finger(tree: JointTree, joint: int) -> bool:
    # Prefixes of parts, such as gripper/, are no names of joints.
    name = tree.name(joint).rsplit('/', 1)[-1]
    return bool(_FINGER.search(name)) and not _NOT_FINGER.search(name)


def _chains(
    tree: JointTree, fingers: set[int], named: list[int]
) -> list[tuple[list[int], Gripper | None]]:
    """Return the joints of each arm with its gripper."""
    palms: dict[int, list[int]] = {}
    for joint in tree.joints:
        if joint in fingers:
            above = [other for other in tree.above(joint) if other not in fingers]
            palms.setdefault(above[-1] if above else -1, []).append(joint)
    chains: list[tuple[list[int], Gripper | None]] = []
    for last, joints in palms.items():
        chain = [*tree.above(last), last] if last >= 0 else []
        if len(chain) >= _SHORTEST_ARM:
            chains.append((chain, _gripper(tree, joints, named)))
    taken = {joint for chain, _ in chains for joint in chain} | fingers
    longest = max((len(chain) for chain, _ in chains), default=0)
    ends = [j for j in tree.joints if j not in taken and not set(tree.below(j)) - fingers]
    flanges = [[*tree.above(end), end] for end in ends if end not in tree.followers]
    longest = max([longest, *map(len, flanges)])
    # A neck is a chain too, shorter than the arms.
    shortest = max(_SHORTEST_ARM, 0.6 * longest)
    return chains + [(chain, None) for chain in flanges if len(chain) >= shortest]


def _gripper(tree: JointTree, joints: list[int], named: list[int]) -> Gripper:
    pulled = {a: [j for j in pulls if j in joints] for a, pulls in tree.tendons.items()}
    actuator = next((a for a, pulls in pulled.items() if pulls), -1)
    driven = [joint for joint in joints if tree.is_driven(joint)]
    # Joints of a linkage go where the linkage takes them, and followers where they are led.
    candidates = driven if driven else joints
    free = [joint for joint in candidates if joint not in tree.followers]
    leaders = [joint for joint in named if joint in joints]
    by_tendon = pulled[actuator] if actuator >= 0 and len(tree.tendons) >= 1 else []
    leader = next(iter([*leaders, *by_tendon, *free, *joints]))
    copies = [] if actuator >= 0 and not _is_one_of_several(pulled) else free
    if not driven and tree.has_loops:
        copies = []
    copies = [joint for joint in copies if joint != leader]
    return Gripper(leader, tuple(joints), tuple(copies), actuator)


def _is_one_of_several(pulled: dict[int, list[int]]) -> bool:
    return sum(bool(joints) for joints in pulled.values()) > 1


def _above(tree: JointTree, joint: int) -> int:
    return (tree.above(joint) or [-1])[-1]


def _named(tree: JointTree, arms: list[Arm]) -> list[Arm]:
    if len(arms) == 1:
        return arms
    names = [_side(tree, arm) for arm in arms]
    if len(set(names)) < len(names) or '' in names:
        names = [str(number) for number in range(1, len(arms) + 1)]
    return [replace(arm, name=name) for arm, name in zip(arms, names, strict=True)]


def _side(tree: JointTree, arm: Arm) -> str:
    """Return left or right as the names of its joints say, '' where they do not."""
    joints = [tree.name(joint).replace('_', ' ') for joint in arm.own]
    for side, pattern in _SIDES:
        if joints and all(pattern.search(name) for name in joints):
            return side
    return ''
