"""What a device says at one time: joints of a leader, or motion of a hand, and its buttons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import math

import numpy as np
from vla_contract.values import Vector
from vla_teleop.devices.errors import BadReadingError

Triple = tuple[float, float, float]
STILL: Triple = (0.0, 0.0, 0.0)
# A rotation matrix out of a tracker is orthonormal to its rounding, of single precision.
_ORTHONORMAL = 1e-3


class Press(StrEnum):
    """What a button asks for, once."""

    TAKE_OVER = 'take_over'
    HAND_BACK = 'hand_back'


@dataclass(frozen=True)
class Deflection:
    """How far sticks or keys are pushed: -1 to 1 each, along and about the axes of the device.

    Attributes:
        linear: along x, y, z.
        angular: about x, y, z.
    """

    linear: Triple = STILL
    angular: Triple = STILL


@dataclass(frozen=True, eq=False)
class HandPose:
    """Where a tracked hand is, in the axes of the device.

    Attributes:
        T_device_hand: shape (4, 4) [m].
    """

    T_device_hand: Vector


@dataclass(frozen=True, eq=False)
class Reading:
    """One reading of a device, which gives one of `numbers`, `deflection` and `pose`.

    Attributes:
        stamp_ns: when it was read, by the clock of the node [ns].
        numbers: of a leader's motors, by its own names, in its own units.
        deflection: of sticks or keys.
        pose: of a tracked hand.
        gripper: how the gripper is to move, -1 closing to 1 opening; of a leader it is a motor.
        is_engaged: whether the person holds what must be held for the device to count.
        presses: buttons that were pressed since the reading before.
    """

    stamp_ns: int
    numbers: Mapping[str, float] = field(default_factory=dict)
    deflection: Deflection | None = None
    pose: HandPose | None = None
    gripper: float = 0.0
    is_engaged: bool = True
    presses: frozenset[Press] = frozenset()


def check_motion(reading: Reading) -> None:
    """Check what a device says of a tool: finite, and in its range.

    Raises:
        BadReadingError: says which value it is not.
    """
    values = {'gripper': reading.gripper}
    if reading.deflection is not None:
        for what in ('linear', 'angular'):
            for axis, value in zip('xyz', getattr(reading.deflection, what), strict=True):
                values[f'{what}.{axis}'] = value
    for name, value in values.items():
        if not (math.isfinite(value) and -1.0 <= value <= 1.0):
            raise BadReadingError(name, f'{value:g}', 'a number from -1 to 1')
    if reading.pose is not None:
        _check_pose(np.asarray(reading.pose.T_device_hand))


def _check_pose(pose: Vector) -> None:
    allowed = 'a finite pose, 4x4, with a rotation'
    if pose.shape != (4, 4) or not np.isfinite(pose).all():
        raise BadReadingError('pose', f'{pose.tolist()}', allowed)
    turn = pose[:3, :3]
    is_rotation = np.abs(turn @ turn.T - np.eye(3)).max() < _ORTHONORMAL
    if not is_rotation or np.linalg.det(turn) < 0.0:
        raise BadReadingError('pose', f'rotation {turn.tolist()}', allowed)
