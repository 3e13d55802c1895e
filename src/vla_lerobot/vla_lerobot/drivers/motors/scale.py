"""LeRobot's number of a motor to a joint's position and back."""

from dataclasses import dataclass
import math
from typing import Any

from vla_contract.deployment.robot import Joint
from vla_contract.vectors.motor_calibration import motor_range
from vla_lerobot.drivers.driver_file import (
    DEGREES,
    METRES,
    MotorEntry,
    RADIANS,
    RANGE_0_100,
    RANGE_M100_100,
)


@dataclass(frozen=True)
class MotorScale:
    """A straight line: position = offset + slope * number.

    Attributes:
        offset: position at the number 0 [rad or m].
        slope: [rad or m per number].
        lower: smallest number that the calibrated range allows.
        upper: largest.
        half_tick: half an encoder step [number]; LeRobot's `_unnormalize` cuts fractions of a
            step off, so that this makes it the nearest.
    """

    offset: float
    slope: float
    lower: float = -math.inf
    upper: float = math.inf
    half_tick: float = 0.0

    def position(self, number: float) -> float:
        """Return the joint's position [rad or m]."""
        return self.offset + self.slope * number

    def number(self, position: float) -> float:
        """Return LeRobot's number, within the calibrated range.

        LeRobot limits degrees to nothing, and the firmware of an STS3215 goes to the nearer end
        of its range, the way round where that is shorter (huggingface/lerobot#3585).
        """
        number = (position - self.offset) / self.slope + self.half_tick
        return min(max(number, self.lower), self.upper)

    def is_beyond(self, position: float) -> bool:
        """Whether a position lies outside the calibrated range by more than an encoder step."""
        number = (position - self.offset) / self.slope
        room = 2.0 * abs(self.half_tick) + 1e-9
        return number < self.lower - room or number > self.upper + room


@dataclass(frozen=True)
class Encoder:
    """What a serial bus knows of a motor.

    Attributes:
        unit: deg, range_m100_100 or range_0_100, as LeRobot's MotorNormMode.
        range_min: of the calibration [encoder steps].
        range_max: likewise.
        resolution: encoder steps of a turn.
        is_flipped: LeRobot turns the sign of a range, as `drive_mode` of the calibration says.
    """

    unit: str
    range_min: int
    range_max: int
    resolution: int
    is_flipped: bool = False


def encoder_of(bus: Any, motor: str) -> Encoder:
    """Return what a SerialMotorsBus of LeRobot knows of a motor with a calibration."""
    calibration, own = bus.calibration[motor], bus.motors[motor]
    mode = own.norm_mode.value
    return Encoder(
        unit=DEGREES if mode == 'degrees' else str(mode),
        range_min=calibration.range_min,
        range_max=calibration.range_max,
        resolution=bus.model_resolution_table[own.model],
        is_flipped=bool(bus.apply_drive_mode and calibration.drive_mode),
    )


def scale_of(entry: MotorEntry, joint: Joint, encoder: Encoder | None) -> MotorScale:
    """Return how a motor's number becomes its joint's position.

    The formulas are those of `SerialMotorsBus._normalize` (LeRobot 0.6.1): degrees are
    (step - middle) * 360 / (resolution - 1); -100..100 and 0..100 are shares of the range.

    Args:
        entry: of the driver file.
        joint: of the robot's file.
        encoder: None for a class without a serial bus; shares are then of the joint's range.
    """
    unit = entry.unit or (encoder.unit if encoder else DEGREES)
    if unit == RANGE_0_100:
        closed, opened = (joint.closed, joint.open)[:: entry.sign]
        step = _half_step(100.0, encoder)
        return MotorScale(closed + entry.zero_rad, (opened - closed) / 100.0, 0.0, 100.0, step)
    if unit == RANGE_M100_100:
        low, high = (joint.lower, joint.upper) if encoder is None else _ends(encoder)
        step = _half_step(200.0, encoder)
        slope = entry.sign * (high - low) / 200.0
        return MotorScale(entry.zero_rad, slope, -100.0, 100.0, step)
    per_number = {DEGREES: math.pi / 180.0, RADIANS: 1.0, METRES: 1.0}[unit]
    if encoder is None:
        return MotorScale(entry.zero_rad, entry.sign * per_number)
    reach = abs(_ends(encoder)[1]) / per_number
    step = math.pi / (encoder.resolution - 1) / per_number
    return MotorScale(entry.zero_rad, entry.sign * per_number, -reach, reach, step)


def _ends(encoder: Encoder) -> tuple[float, float]:
    """Return the positions at -100 and 100 of a motor's range [rad]."""
    return motor_range(
        encoder.range_min, encoder.range_max, encoder.is_flipped, encoder.resolution
    )


def _half_step(numbers: float, encoder: Encoder | None) -> float:
    """Return half an encoder step in a range of so many numbers."""
    if encoder is None:
        return 0.0
    half = 0.5 * numbers / (encoder.range_max - encoder.range_min)
    return -half if encoder.is_flipped else half
