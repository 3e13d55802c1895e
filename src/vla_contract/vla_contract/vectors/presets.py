"""Conventions that communities share, written out as components for the joints of a cell."""

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby

from vla_contract.deployment.cell import Cell
from vla_contract.deployment.end_effector import EndEffectorDelta
from vla_contract.errors import UnknownNameError
from vla_contract.vectors.component import (
    Component,
    END_EFFECTOR_DELTA,
    JOINT_VELOCITY,
    NumberMap,
)

# LeRobot's SO followers give the gripper in percent (RANGE_0_100) and, by `use_degrees`, the other
# joints in degrees or in -100 to 100 (RANGE_M100_100): lerobot/robots/so_follower/so_follower.py.
_PERCENT = Component(map=NumberMap(closed=0.0, open=100.0))
_SO101_DEGREES = (Component(unit='deg'), _PERCENT)
_SO101_NORMALISED = (Component(map=NumberMap(lower=-100.0, upper=100.0)), _PERCENT)
# ALOHA gives joints in rad and grippers 0 closed to 1 open: PUPPET_GRIPPER_POSITION_NORMALIZE_FN
# of its constants.py.
_ALOHA = (Component(), Component(map=NumberMap(closed=0.0, open=1.0)))
_DROID_GRIPPER = Component(map=NumberMap(open=0.0, closed=1.0))
_DROID_STATE = (Component(), _DROID_GRIPPER)
# A joint velocity of 1.0 moves 0.2 rad in each step of 15 Hz: relative_max_joint_delta and
# control_hz of droid/robot_ik/robot_ik_solver.py.
_DROID_ACTION = (Component(JOINT_VELOCITY, scale=3.0), _DROID_GRIPPER)
# robosuite's OSC_POSE moves 0.05 m and 0.5 rad for 1.0; BridgeData V2 means metres and radians.
_LIBERO = Component(
    END_EFFECTOR_DELTA,
    end_effector=EndEffectorDelta(
        rotation='axis_angle',
        metres_per_unit=0.05,
        radians_per_unit=0.5,
        gripper_open=-1.0,
        gripper_closed=1.0,
    ),
)
_BRIDGE = Component(END_EFFECTOR_DELTA, end_effector=EndEffectorDelta())

_Pair = tuple[Component, Component]
# Of arm and gripper, for state and action.
_JOINTS: dict[str, tuple[_Pair, _Pair]] = {
    'so101_degrees': (_SO101_DEGREES, _SO101_DEGREES),
    'so101_normalised': (_SO101_NORMALISED, _SO101_NORMALISED),
    'aloha': (_ALOHA, _ALOHA),
    'droid': (_DROID_STATE, _DROID_ACTION),
}
_TOOL = {'libero': _LIBERO, 'bridge': _BRIDGE}
FILE_PRESETS, TOOL_PRESETS = tuple(_JOINTS), tuple(_TOOL)
"""Names that say what state and action mean, and those that say it of an action alone."""


def state_of(preset: str, joints: tuple[str, ...], cell: Cell) -> tuple[Component, ...]:
    """Return what the numbers of a state mean, for joints in the order of the numbers.

    Raises:
        UnknownNameError: there is no such preset for states.
    """
    if preset not in _JOINTS:
        raise UnknownNameError('preset', preset, 'those of states', _JOINTS)
    return _written_out(_JOINTS[preset][0], joints, cell)


def action_of(preset: str, joints: tuple[str, ...], cell: Cell) -> tuple[Component, ...]:
    """Return what the numbers of an action mean, for joints in the order of the numbers.

    Raises:
        UnknownNameError: there is no such preset.
    """
    if preset in _TOOL:
        return (replace(_TOOL[preset], joints=joints),)
    if preset not in _JOINTS:
        raise UnknownNameError('preset', preset, 'those of actions', {*_JOINTS, *_TOOL})
    return _written_out(_JOINTS[preset][1], joints, cell)


def _written_out(pair: _Pair, joints: tuple[str, ...], cell: Cell) -> tuple[Component, ...]:
    grippers = {cell.joint_names[i] for i in cell.grippers}
    is_gripper: Callable[[str], bool] = grippers.__contains__
    return tuple(
        replace(pair[kind], joints=tuple(names)) for kind, names in groupby(joints, is_gripper)
    )
