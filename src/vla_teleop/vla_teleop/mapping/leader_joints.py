"""Numbers of a leader's motors to joints of the robot, and back."""

from collections.abc import Mapping
from dataclasses import replace
import math

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector
from vla_lerobot.drivers.motors.scale import Encoder, MotorScale, scale_of
from vla_teleop.devices.device_file import DeviceFile, LeaderMotor
from vla_teleop.devices.errors import BadReadingError
from vla_teleop.mapping.groups import require_joints

# Beyond its calibrated range a leader shows a little, where it lies on an end stop: a twentieth
# of the range. More is a number in another unit.
_BEYOND = 0.05


class LeaderJoints:
    """Joints that a leader leads, in the cell's order.

    Attributes:
        names: of the joints.
        columns: where they are among the cell's joints, shape (n,).
    """

    def __init__(self, file: DeviceFile, cell: Cell, encoders: Mapping[str, Encoder]) -> None:
        """Match motors and joints.

        Args:
            file: of the device.
            cell: with the joints.
            encoders: what serial buses know, by motor.

        Raises:
            UnknownNameError: a motor's joint is not in the cell.
        """
        known = cell.joint_names
        require_joints(cell, [entry.joint for entry in file.joints.values()], file.name)
        motors = {entry.joint: motor for motor, entry in file.joints.items()}
        self.columns = np.array([i for i, name in enumerate(known) if name in motors])
        self.names = tuple(known[i] for i in self.columns)
        self._scales = {
            motors[name]: _scale(file.joints[motors[name]], cell, i, encoders.get(motors[name]))
            for i, name in zip(self.columns, self.names, strict=True)
        }

    def positions(self, numbers: Mapping[str, float]) -> Vector:
        """Return positions of the joints, shape (n,) [rad or m].

        Args:
            numbers: by motor, in its unit; those of other motors are left out.

        Raises:
            BadReadingError: a motor is missing, or its number not finite or beyond its range.
        """
        return np.array([self._position(motor, numbers.get(motor)) for motor in self._scales])

    def numbers(self, positions: Vector) -> dict[str, float]:
        """Return numbers by motor, within their ranges, for positions of shape (n,)."""
        pairs = zip(self._scales.items(), positions, strict=True)
        return {motor: scale.number(float(position)) for (motor, scale), position in pairs}

    def _position(self, motor: str, number: float | None) -> float:
        scale = self._scales[motor]
        if number is None:
            raise BadReadingError(motor, 'nothing', 'a number')
        if not math.isfinite(number):
            raise BadReadingError(motor, f'{number}', 'a finite number')
        room = _BEYOND * (scale.upper - scale.lower)
        if not scale.lower - room <= number <= scale.upper + room:
            raise BadReadingError(
                motor, f'{number:g}', f'{scale.lower:g} to {scale.upper:g}, its calibrated range'
            )
        return scale.position(float(number))


def _scale(entry: LeaderMotor, cell: Cell, joint: int, encoder: Encoder | None) -> MotorScale:
    scale = scale_of(entry, cell.joints[joint], encoder)
    if encoder is None and not math.isfinite(scale.upper):
        # Of an angle without calibration nobody knows the range; a turn is more than any leader's.
        turn = abs(2.0 * math.pi / scale.slope)
        scale = replace(scale, lower=-turn, upper=turn)
    return replace(scale, slope=scale.slope * entry.scale)
