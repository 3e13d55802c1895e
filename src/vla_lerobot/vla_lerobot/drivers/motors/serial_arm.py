"""A part of a robot whose motors hang on one serial bus of LeRobot: torque, registers, port."""

from collections.abc import Iterator, Sequence
import contextlib
from dataclasses import dataclass
from typing import Any

from vla_lerobot.drivers.motors.answers import Answers

_RETRIES = 2
# How often a port is opened before motors that do not answer are believed to be missing.
_OPENINGS = 3
_TORQUE, _GOAL, _PRESENT = 'Torque_Enable', 'Goal_Position', 'Present_Position'
# An arm that lies on its end stop may show a little more than the calibration saw [steps]; 50 of
# 4096 are 4.4 degrees.
_OUTSIDE_STEPS = 50
# LeRobot asks most of what it asks at the start once, and gives up after 50 ms: a machine that is
# busy, as with a policy that loads, is later than that [ms].
_OPENING_MS = 1000.0


@dataclass(frozen=True)
class SerialArm:
    """An arm with its own bus; a robot with two arms has two.

    Attributes:
        prefix: before the names of its motors in the robot's observation, '' for a single arm.
        part: LeRobot's Robot of this arm.
        bus: LeRobot's SerialMotorsBus.
        answers: what the bus takes for an answer.
    """

    prefix: str
    part: Any
    bus: Any
    answers: Answers

    @property
    def motors(self) -> list[str]:
        """Names of its motors as the observation has them."""
        return [self.prefix + name for name in self.bus.motors]

    def calibration_fault(self) -> str:
        """Return what is wrong with the calibration, '' for nothing; the port must be open."""
        if not self.part.calibration:
            return f'no {self.part.calibration_fpath}'
        if missing := sorted(set(self.bus.motors) - set(self.part.calibration)):
            return f'no {", ".join(missing)} in {self.part.calibration_fpath}'
        if self.part.is_calibrated:
            return ''
        there = self.bus.read_calibration()
        other = [m for m in self.bus.motors if not _same(there[m], self.part.calibration[m])]
        names = ', '.join(self.prefix + name for name in other) or 'motors'
        return f'{self.part.calibration_fpath}, but {names} with other limits or offsets'

    def holding(self) -> dict[str, bool]:
        """Return which motors have torque, by their names on the bus."""
        found = self.bus.sync_read(_TORQUE, num_retry=_RETRIES)
        return {motor: bool(value) for motor, value in found.items()}

    def outside(self) -> Iterator[str]:
        """Yield the limp motors that stand outside their calibrated range, and where."""
        limp = [motor for motor, has_torque in self.holding().items() if not has_torque]
        if not limp:
            return
        for motor, step in self._present(limp).items():
            own = self.bus.calibration[motor]
            if not own.range_min - _OUTSIDE_STEPS <= step <= own.range_max + _OUTSIDE_STEPS:
                yield f'{self.prefix}{motor} {step} steps, {own.range_min} to {own.range_max}'

    def aim_at_present(self) -> list[str]:
        """Make the goal of every limp motor the place where it stands; return their names.

        A motor that gets torque goes to its goal, and that of an STS3215 gets torque by being
        given a goal (huggingface/lerobot#3585).
        """
        limp = [motor for motor, has_torque in self.holding().items() if not has_torque]
        if limp:
            goals = {}
            for motor, step in self._present(limp).items():
                own = self.bus.calibration[motor]
                goals[motor] = min(max(step, own.range_min), own.range_max)
            self.bus.sync_write(_GOAL, goals, normalize=False)
        return limp

    def hold(self) -> None:
        """Give torque to the limp motors, where they stand."""
        if limp := self.aim_at_present():
            self.bus.enable_torque(limp, num_retry=_RETRIES)

    def release(self) -> None:
        """Take the torque of all motors: the arm falls."""
        self.bus.disable_torque(num_retry=5)

    def registers(self, name: str) -> dict[str, int] | None:
        """Return a register of every motor, by the observation's names; None without such one."""
        tables = (self.bus.model_ctrl_table[model] for model in self.bus.models)
        if not all(name in table for table in tables):
            return None
        found = self.bus.sync_read(name, normalize=False, num_retry=_RETRIES)
        return {self.prefix + motor: int(value) for motor, value in found.items()}

    def open(self) -> None:
        """Open the port and look whether all motors answer; nothing is written.

        Raises:
            ConnectionError: there is no such port, or it does not open.
            RuntimeError: motors do not answer, or are others.
        """
        for number in range(_OPENINGS):
            try:
                self.bus.connect()
            except (ConnectionError, RuntimeError):
                self.close()
                if number == _OPENINGS - 1:
                    raise
            else:
                return

    def close(self) -> None:
        """Close the port; the motors keep their torque, and hold."""
        port = self.bus.port_handler
        try:
            if port.ser is not None:
                port.closePort()
        finally:
            # A transfer that was broken off leaves them behind.
            port.is_open = port.is_using = False

    def _present(self, motors: list[str]) -> dict[str, int]:
        found = self.bus.sync_read(_PRESENT, motors, normalize=False, num_retry=_RETRIES)
        return {motor: int(value) for motor, value in found.items()}


def serial_arms(robot: Any) -> list[SerialArm]:
    """Return the parts of a LeRobot robot with a serial bus each; none for other classes."""
    from lerobot.motors.motors_bus import SerialMotorsBus

    places = [('', robot)]
    places += [(f'{side}_', getattr(robot, f'{side}_arm', None)) for side in ('left', 'right')]
    return [
        SerialArm(prefix, part, part.bus, Answers(part.bus.port_handler))
        for prefix, part in places
        if isinstance(getattr(part, 'bus', None), SerialMotorsBus)
    ]


@contextlib.contextmanager
def patient(arms: Sequence[SerialArm]) -> Iterator[None]:
    """Wait longer for answers: where each is asked for once, and no cycle waits for them."""
    before = [arm.answers.more_ms for arm in arms]
    for arm in arms:
        arm.answers.more_ms = _OPENING_MS
    try:
        yield
    finally:
        for arm, more_ms in zip(arms, before, strict=True):
            arm.answers.more_ms = more_ms


def _same(found: Any, expected: Any) -> bool:
    names = ('range_min', 'range_max', 'homing_offset')
    return all(getattr(found, name) == getattr(expected, name) for name in names)
