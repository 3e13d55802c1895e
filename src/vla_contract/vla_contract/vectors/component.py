"""What consecutive numbers of a policy's state or action mean, as its file says it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vla_contract.deployment.end_effector import EndEffectorDelta
from vla_contract.deployment.geometry import Triple
from vla_contract.schema import setting
from vla_contract.vectors.rotations import ROTATIONS

JOINT_POSITION, END_EFFECTOR_DELTA = 'joint_position', 'end_effector_delta'
JOINT_VELOCITY, JOINT_DELTA = 'joint_velocity', 'joint_delta'
RELATIVE_TO_STATE = 'joint_relative_to_state'
JOINT_MOVES = (JOINT_VELOCITY, JOINT_DELTA)
"""Actions of joints that follow one another from where the policy saw them."""
TOOL_POSE, TOOL_DELTA = 'tool_pose', 'tool_delta'
TOOL_QUANTITIES = (TOOL_POSE, TOOL_DELTA)
"""Where a tool is, and by how much it moves: what kinematics make of joints, and joints of."""
QUANTITIES = (
    JOINT_POSITION,
    JOINT_VELOCITY,
    JOINT_DELTA,
    RELATIVE_TO_STATE,
    TOOL_POSE,
    TOOL_DELTA,
    END_EFFECTOR_DELTA,
)
UNITS = ('', 'rad', 'deg', 'm', 'mm')
LEAST, LARGEST = 1e-9, 1e9
"""Size of what a file may say: beyond it, conversions would lose digits or overflow."""
_LISTS = ('sign', 'zero')


@dataclass(frozen=True)
class NumberMap:
    """Two numbers that stand for two positions of a joint; what lies between is linear."""

    lower: float | None = setting(
        None, doc="number at the joint's lower position", lower=-LARGEST, upper=LARGEST
    )
    upper: float | None = setting(
        None, doc="number at the joint's upper position", lower=-LARGEST, upper=LARGEST
    )
    closed: float | None = setting(
        None, doc='number at which a gripper is closed', lower=-LARGEST, upper=LARGEST
    )
    open: float | None = setting(
        None, doc='number at which a gripper is open', lower=-LARGEST, upper=LARGEST
    )
    range: tuple[float, float] | None = setting(
        None,
        doc="lower and upper position that are meant; none: the robot's limits",
        unit='rad or m',
        lower=-LARGEST,
        upper=LARGEST,
    )
    calibration: str = setting(
        '',
        doc="file of LeRobot's motor calibration, whose ranges are meant; its motors are named "
        'as the joints',
    )
    motors: str = setting(
        'feetech',
        doc='whose: LeRobot reverses feetech motors with a drive_mode, and no dynamixel ones',
        choices=('feetech', 'dynamixel'),
    )


@dataclass(frozen=True)
class Offset:
    """Where a frame is in another one."""

    position_m: Triple = setting((0.0, 0.0, 0.0), doc='its origin', unit='m')
    rpy_deg: Triple = setting((0.0, 0.0, 0.0), doc='its rotation, about fixed x, y, z', unit='deg')


@dataclass(frozen=True)
class Component:
    """Consecutive numbers of a state or action vector.

    A number n with a unit means the position `zero + sign * scale * n` of its joint, in that unit.
    """

    quantity: str = setting(
        JOINT_POSITION,
        doc='meaning of the numbers; in actions also joint_velocity, per second, joint_delta, '
        'from the last step, joint_relative_to_state, from where the joint was seen, tool_delta, '
        'a move of a tool, and end_effector_delta; tool_pose is where a tool is',
        choices=QUANTITIES,
    )
    joints: tuple[str, ...] = setting(
        (), doc='joints in the order of the numbers; empty: all joints of the cell, in its order'
    )
    end_effector: EndEffectorDelta | None = setting(
        None, doc='meaning of the moves; with end_effector_delta only'
    )
    preset: str = setting('', doc='name of a convention that says what follows, for these joints')
    unit: str = setting(
        '', doc='unit of the numbers: rad, deg, m or mm; empty: rad or m', choices=UNITS
    )
    scale: float = setting(
        1.0,
        doc='how many units 1.0 means; in actions of joint_velocity per second',
        lower=LEAST,
        upper=LARGEST,
    )
    map: NumberMap | None = setting(
        None, doc='two numbers of which the positions are known, instead of a unit'
    )
    sign: tuple[float, ...] = setting(
        (), doc='1, or -1 where the joint turns the other way; one for all or one per joint'
    )
    zero: tuple[float, ...] = setting(
        (),
        doc="the joint's position at the number 0; with map, at the position 0 of its range; one "
        'for all or one per joint',
        unit='rad or m',
        lower=-LARGEST,
        upper=LARGEST,
    )
    tool: str = setting(
        '', doc='of tool_pose and tool_delta: name of the tool; empty: the only one of the cell'
    )
    rotation: str = setting(
        '',
        doc='likewise: how the rotation is said, after x, y and z: rpy, rotvec, quaternion_xyzw, '
        'quaternion_wxyz, rot6d_columns or rot6d_rows',
        choices=('', *ROTATIONS),
    )
    rotation_scale: float = setting(
        1.0, doc='likewise: angle that 1.0 of rpy or rotvec means', unit='rad', lower=LEAST
    )
    frame: str = setting(
        '',
        doc="likewise: axes of the numbers: base of the tool's robot, world for the frame of the "
        'cell, with tool_delta also tool; empty: base',
        choices=('', 'base', 'world', 'tool'),
    )
    origin: Offset | None = setting(
        None, doc='of tool_pose: where the frame of the numbers is in base or world; none: there'
    )
    point: Offset | None = setting(
        None, doc="likewise, and of tool_delta: the policy's tool point in ours; none: the same"
    )
    near_rpy_deg: Triple | None = setting(
        None,
        doc='of tool_pose: rotation near which rpy, rotvec and quaternions are said, of which a '
        'rotation has several; none: near 0, and so quaternions with w >= 0',
        unit='deg',
    )

    @property
    def is_of_tool(self) -> bool:
        """Whether its numbers are those of a tool, and of no joint."""
        return self.quantity in TOOL_QUANTITIES


def number_names(components: Iterable[Component]) -> tuple[str, ...]:
    """Return a name of each number of a vector, in its order."""
    return tuple(name for names in names_of_each(components) for name in names)


def names_of_each(components: Iterable[Component]) -> list[tuple[str, ...]]:
    """Return the names of the numbers of each component of a vector.

    Numbers of joints have the joint's name, those of tools the tool's and their own after a dot.
    A name that stands again gets its count: `gripper.2`.
    """
    count: Counter[str] = Counter()
    names = []
    for component in components:
        own = component.joints
        if component.is_of_tool:
            parts = (*'xyz', *ROTATIONS[component.rotation].names)
            own = tuple(f'{component.tool}.{part}' for part in parts)
        count.update(own)
        names.append(tuple(f'{name}.{count[name]}' if count[name] > 1 else name for name in own))
    return names


def has_tools(components: Iterable[Component]) -> bool:
    """Whether any number of a vector is one of a tool."""
    return any(component.is_of_tool for component in components)


def with_lists(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a policy file where a lone sign or zero stands as a list of one."""
    found = dict(values)
    for key in ('state', 'action'):
        if isinstance(found.get(key), list):
            found[key] = [_with_lists(component) for component in found[key]]
    return found


def _with_lists(component: Any) -> Any:
    if not isinstance(component, dict):
        return component
    return {
        key: [value] if key in _LISTS and type(value) in (int, float) else value
        for key, value in component.items()
    }
