"""A LeRobot robot as the driver uses it: opened without falling, read, sent, closed holding."""

from collections.abc import Callable, Iterable

from vla_contract.deployment.robot import Joint
from vla_contract.errors import NameMismatchError, VlaError
from vla_contract.values import Vector
from vla_lerobot.drivers.driver_file import DriverFile
from vla_lerobot.drivers.errors import BusError, DriverError, NotCalibratedError, OutsideRangeError
from vla_lerobot.drivers.motors.arm_codec import ArmCodec
from vla_lerobot.drivers.motors.scale import encoder_of
from vla_lerobot.drivers.motors.serial_arm import patient, serial_arms
from vla_lerobot.drivers.robot_class import make_robot, one_line


class LerobotLink:
    """A LeRobot robot that is open."""

    def __init__(self, file: DriverFile, joints: Iterable[Joint], more_ms: float = 0.0) -> None:
        """Open it; motors that are limp hold from then on, where they stand.

        Args:
            file: which robot, and what its motors move.
            joints: of the robot's file.
            more_ms: how much longer than LeRobot to wait for an answer within a cycle [ms].

        Raises:
            VlaError: it cannot be made, does not answer, is not calibrated, or has other motors.
        """
        self._file = file
        self._robot = make_robot(file)
        self._arms = serial_arms(self._robot)
        for arm in self._arms:
            arm.answers.more_ms = more_ms
        self._guarded('connecting', self._open)
        encoders = {
            arm.prefix + motor: encoder_of(arm.bus, motor)
            for arm in self._arms
            for motor in arm.bus.motors
        }
        self._codec = ArmCodec(file, joints, encoders)
        wanted = set(self._robot.action_features)
        if wanted != self._codec.keys:
            what = f'{file.name}: motors and constants of {file.type}'
            self.close()
            raise NameMismatchError(what, sorted(wanted), sorted(self._codec.keys))

    @property
    def names(self) -> tuple[str, ...]:
        """Joints that it moves, in the order of the robot's file."""
        return self._codec.names

    @property
    def may_fall(self) -> bool:
        """Whether only LeRobot's class knows if the torque stays on at the end."""
        return not self._arms

    def read(self) -> Vector:
        """See `Link`."""
        return self._codec.positions(self._robot.get_observation())

    def send(self, positions: Vector) -> list[str]:
        """See `Link`."""
        self._robot.send_action(self._codec.action(positions))
        return self._codec.beyond(positions)

    def registers(self, name: str) -> dict[str, int]:
        """See `Link`."""
        found: dict[str, int] = {}
        for arm in self._arms:
            found |= arm.registers(name) or {}
        return found

    def release(self) -> None:
        """See `Link`."""
        self._require_buses('releasing')
        with patient(self._arms):
            for arm in self._arms:
                arm.release()

    def hold(self) -> None:
        """See `Link`."""
        self._require_buses('holding')
        with patient(self._arms):
            if outside := [text for arm in self._arms for text in arm.outside()]:
                raise OutsideRangeError(self._file, outside)
            for arm in self._arms:
                arm.hold()

    def reconnect(self) -> None:
        """See `Link`."""
        self._require_buses('connecting again')
        with patient(self._arms):
            for arm in self._arms:
                arm.close()
                arm.open()
                if fault := arm.calibration_fault():
                    raise NotCalibratedError(self._file, fault)

    def close(self) -> None:
        """See `Link`: never by `disconnect()` where that could take the torque."""
        for arm in self._arms:
            arm.close()
        if not self._arms and self._robot.is_connected:
            self._robot.disconnect()

    def _open(self) -> None:
        if not self._arms:
            self._robot.connect(calibrate=False)
            if not self._robot.is_calibrated:
                raise NotCalibratedError(self._file, 'none that fits')
            return
        for arm in self._arms:
            arm.open()
            if fault := arm.calibration_fault():
                raise NotCalibratedError(self._file, fault)
        is_holding = any(any(arm.holding().values()) for arm in self._arms)
        self.hold()
        if not is_holding:
            # LeRobot's connect() writes gains and limits, and takes the torque for that time: an
            # arm that hangs on its motors would fall.
            self.close()
            self._robot.connect(calibrate=False)

    def _guarded(self, what: str, work: Callable[[], None]) -> None:
        """Do what may raise anything; close the port and say in one sentence what it was."""
        try:
            with patient(self._arms):
                work()
        except BaseException as error:
            self.close()
            if isinstance(error, VlaError) or not isinstance(error, Exception):
                raise
            port = self._file.robot.get('port', '')
            where = f'{self._file.name}: {what} to {self._file.type} {port}'.rstrip()
            raise DriverError(f'{where}: {one_line(error)}') from error

    def _require_buses(self, what: str) -> None:
        if not self._arms:
            raise BusError(
                f'{what}: found {self._file.type}, whose class has no serial bus; allowed: to '
                'start the driver again'
            )
