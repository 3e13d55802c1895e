"""What a dataset calls the numbers of a policy: joints, or as LeRobot's robots call them.

`lerobot-replay` and `lerobot-rollout` hand a robot its numbers by these names, and LeRobot's arms
pass over what does not end in '.pos': a dataset of their numbers under other names moves nothing.
"""

from collections.abc import Sequence

from vla_contract.deployment.cell import Cell
from vla_contract.errors import VlaError
from vla_contract.vectors.component import Component, has_tools, JOINT_POSITION

JOINT_SUFFIX = '.pos'
"""LeRobot's robots call a joint position 'shoulder_pan.pos'."""
POSITION, VELOCITY, MOVE, EFFORT = 'position', 'velocity', 'move', 'effort'
ENDINGS = {
    **{'pos': POSITION, 'position': POSITION, 'vel': VELOCITY, 'velocity': VELOCITY},
    **{'delta': MOVE, 'rel': MOVE},
    **{'eff': EFFORT, 'effort': EFFORT, 'torque': EFFORT, 'current': EFFORT},
}
"""What the endings of recorded names say, after a dot: 'elbow.vel'."""
# MotorNormMode of lerobot/motors/motors_bus.py, beside degrees.
_RANGE, _PERCENT = [-100.0, 100.0], [0.0, 100.0]


def column_names(
    names: Sequence[str], components: Sequence[Component], cell: Cell
) -> tuple[str, ...]:
    """Return what a dataset calls the numbers of a vector.

    With the suffix where all are positions as LeRobot's arms count them: degrees or -100 to 100,
    and grippers in percent.

    Args:
        names: of the numbers, in their order.
        components: of the state or the action, with their joints.
        cell: whose joints they are.
    """
    grippers = {cell.joint_names[i] for i in cell.grippers}
    is_lerobots = all(
        _is_lerobots(component, joint in grippers)
        for component in components
        for joint in component.joints or ('',)  # of a tool there are none
    )
    return tuple(name + JOINT_SUFFIX * is_lerobots for name in names)


def without_ending(name: str) -> tuple[str, str]:
    """Return a recorded name without its ending, and what that says, '' for none."""
    stem, dot, ending = name.rpartition('.')
    kind = ENDINGS.get(ending.lower(), '') if dot else ''
    return (stem, kind) if kind else (name, '')


def bare_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return recorded names without their endings."""
    return tuple(without_ending(name)[0] for name in names)


def are_words_of_a_tool(
    names: Sequence[str], wanted: Sequence[str], components: Sequence[Component]
) -> bool:
    """Whether recorded names may be others for the numbers of a vector with a tool.

    What moves a hand is called 'x', 'roll' or 'eef_pos_0', by everybody in his own way: as many
    names as there are numbers are believed to be in the policy file's order, unless one of its own
    stands elsewhere.
    """
    if not has_tools(components) or len(names) != len(wanted) or tuple(names) == tuple(wanted):
        return False
    pairs = zip(names, wanted, strict=True)
    return all(name == own for name, own in pairs if name in wanted)


def require_kinds(where: str, names: Sequence[str], components: Sequence[Component]) -> None:
    """Refuse recorded names that say of a joint's number what the policy file does not.

    Args:
        where: they are recorded, for the error.
        names: as recorded.
        components: of the policy's vector.

    Raises:
        VlaError: a velocity, move or effort by its name is a position by the file, or an effort.
    """
    quantities = {joint: one.quantity for one in components for joint in one.joints}
    for name in names:
        joint, kind = without_ending(name)
        quantity = quantities.get(joint, '')
        is_other = kind in (VELOCITY, MOVE) and quantity == JOINT_POSITION
        if joint in quantities and (kind == EFFORT or is_other):
            article = 'an' if kind == EFFORT else 'a'
            raise VlaError(
                f"{where}: found {article} {kind} by its name, '{name}', where the policy file "
                f'says {quantity}; allowed: positions in states, and in actions positions, '
                'velocities and moves, as the file says'
            )


def _is_lerobots(component: Component, is_gripper: bool) -> bool:
    if component.quantity != JOINT_POSITION:
        return False
    if component.map is None:
        return component.unit == 'deg' and component.scale == 1.0 and not is_gripper
    ends = component.map
    numbers = sorted(n for n in (ends.lower, ends.upper, ends.closed, ends.open) if n is not None)
    return numbers == (_PERCENT if is_gripper else _RANGE)
