"""All motors of a robot: LeRobot's observation to joint positions, positions to its action."""

from collections.abc import Iterable, Mapping
import math
from typing import Any

import numpy as np
from vla_contract.deployment.robot import Joint
from vla_contract.errors import UnknownNameError
from vla_contract.values import Vector
from vla_lerobot.drivers.driver_file import DriverFile
from vla_lerobot.drivers.errors import BusError
from vla_lerobot.drivers.motors.scale import Encoder, MotorScale, scale_of

_POSITION = '.pos'


class ArmCodec:
    """Joints in the order of the robot's file, and LeRobot's numbers by its names.

    Attributes:
        names: joints that the robot moves.
    """

    def __init__(
        self, file: DriverFile, joints: Iterable[Joint], encoders: Mapping[str, Encoder]
    ) -> None:
        """Match motors and joints.

        Args:
            file: of the driver.
            joints: of the robot's file; those without a motor are left to other drivers.
            encoders: what the serial buses know, by motor.

        Raises:
            UnknownNameError: a motor's joint is not in the robot's file.
        """
        by_name = {joint.name: joint for joint in joints}
        if missing := [name for name in file.joints if name not in by_name]:
            where = f"the robot's file, for the motors of {file.name}"
            raise UnknownNameError('joint', missing[0], where, by_name)
        self._scales: dict[str, MotorScale] = {}
        motors = {entry.joint: motor for motor, entry in file.motors.items()}
        self.names = tuple(name for name in by_name if name in motors)
        for name in self.names:
            motor = motors[name]
            scale = scale_of(file.motors[motor], by_name[name], encoders.get(motor))
            self._scales[motor + _POSITION] = scale
        self._constants = dict(file.constants)

    @property
    def keys(self) -> set[str]:
        """Names of the numbers of an action."""
        return {*self._scales, *self._constants}

    def positions(self, observation: Mapping[str, Any]) -> Vector:
        """Return the joints' positions, shape (D,) [rad or m].

        Raises:
            BusError: a motor is missing, or its number is not finite.
        """
        found = []
        for key, scale in self._scales.items():
            number = observation.get(key)
            if number is None or not math.isfinite(number):
                raise BusError(f'{key}: found {number}; allowed: a finite number')
            found.append(scale.position(float(number)))
        return np.array(found)

    def action(self, positions: Vector) -> dict[str, float]:
        """Return LeRobot's action for positions of shape (D,) [rad or m], all finite."""
        pairs = zip(self._scales.items(), positions, strict=True)
        return self._constants | {k: scale.number(float(p)) for (k, scale), p in pairs}

    def beyond(self, positions: Vector) -> list[str]:
        """Return the joints whose positions lie outside what their calibrations allow."""
        triples = zip(self.names, self._scales.values(), positions, strict=True)
        return [name for name, scale, position in triples if scale.is_beyond(float(position))]
