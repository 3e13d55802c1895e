"""Conventions that communities share, written out as components for the joints of a cell."""

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby

import numpy as np
from vla_contract import so3
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.end_effector import EndEffectorDelta
from vla_contract.deployment.tool import Tool
from vla_contract.errors import ContractError, UnknownNameError
from vla_contract.values import Vector
from vla_contract.vectors.component import (
    Component,
    END_EFFECTOR_DELTA,
    JOINT_VELOCITY,
    NumberMap,
    Offset,
    TOOL_POSE,
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
# LIBERO's state has robot0_eef_pos and, by quat2axisangle, robot0_eef_quat of robosuite 1.4, which
# takes the sign of a quaternion as MuJoCo has it: with the hand near pointing down, x > 0. Its
# world is on the floor below the middle of the table; there MountedPanda stands at (-0.66, 0,
# 0.912) in scenes of libero_tabletop_manipulation.py and libero_kitchen_tabletop_manipulation.py.
_LIBERO_POSE = Component(
    TOOL_POSE,
    rotation='rotvec',
    frame='base',
    origin=Offset((0.66, 0.0, -0.912)),
    near_rpy_deg=(180.0, 0.0, 0.0),
)
# Positions of its two fingers, panda_gripper.xml of robosuite.
_LIBERO_FINGERS = (
    Component(map=NumberMap(closed=0.0, open=0.04)),
    Component(map=NumberMap(closed=0.0, open=-0.04)),
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
_LIBERO_STATE = 'libero'
FILE_PRESETS, TOOL_PRESETS = tuple(_JOINTS), (_LIBERO_STATE,)
"""Names that say what state and action mean: of joints, and of a tool."""
ACTION_PRESETS = tuple(name for name in _TOOL if name not in TOOL_PRESETS)
"""Those that say it of an action alone."""


def state_of(preset: str, joints: tuple[str, ...], cell: Cell) -> tuple[Component, ...]:
    """Return what the numbers of a state mean, for joints in the order of the numbers.

    Raises:
        UnknownNameError: there is no such preset for states.
        ContractError: the joints are of no gripper, of which it has numbers.
    """
    if preset == _LIBERO_STATE:
        return _libero_state(joints, cell)
    if preset not in _JOINTS:
        raise UnknownNameError('preset', preset, 'those of states', {*_JOINTS, *TOOL_PRESETS})
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


def _libero_state(joints: tuple[str, ...], cell: Cell) -> tuple[Component, ...]:
    fingers = [name for name in joints if cell.joint_names.index(name) in cell.grippers]
    if not fingers:
        raise ContractError(
            f'preset {_LIBERO_STATE}: found no gripper among {", ".join(joints)}; allowed: joints '
            'with one'
        )
    tools = cell.robot.tools
    point = _axes_of_robosuite(tools[0]) if len(tools) == 1 else None
    return (
        replace(_LIBERO_POSE, point=point),
        *(
            replace(numbers, joints=(name,))
            # One joint moves both fingers of most grippers.
            for name, numbers in zip((fingers * 2)[:2], _LIBERO_FINGERS, strict=True)
        ),
    )


def _axes_of_robosuite(tool: Tool) -> Offset | None:
    """Return where robosuite's hand is in a tool: z approaches, y closes; None for the same."""
    z, y = (_axis(name) for name in (tool.approach, tool.closing))
    axes = np.column_stack([np.cross(y, z), y, z])
    if np.array_equal(axes, np.eye(3)):
        return None
    roll, pitch, yaw = so3.Rotation.from_matrix(axes).as_euler(
        'xyz', degrees=True, suppress_warnings=True
    )
    # Quarter turns, all of them.
    return Offset(rpy_deg=(round(roll) + 0.0, round(pitch) + 0.0, round(yaw) + 0.0))


def _axis(name: str) -> Vector:
    axis: Vector = np.eye(3)['xyz'.index(name[-1])]
    return -axis if name.startswith('-') else axis


def _written_out(pair: _Pair, joints: tuple[str, ...], cell: Cell) -> tuple[Component, ...]:
    grippers = {cell.joint_names[i] for i in cell.grippers}
    is_gripper: Callable[[str], bool] = grippers.__contains__
    return tuple(
        replace(pair[kind], joints=tuple(names)) for kind, names in groupby(joints, is_gripper)
    )
