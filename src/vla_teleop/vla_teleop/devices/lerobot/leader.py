"""A leader arm of LeRobot: its motors read, led to a pose and let go."""

from collections.abc import Mapping
import inspect
from typing import Any

from vla_lerobot.drivers.motors.scale import Encoder, encoder_of
from vla_lerobot.drivers.motors.serial_arm import patient, serial_arms
from vla_lerobot.drivers.robot_class import one_line
from vla_teleop.devices.device import Clock
from vla_teleop.devices.device_file import DeviceFile
from vla_teleop.devices.errors import DeviceError, LeaderNotCalibratedError
from vla_teleop.devices.lerobot.gives import JOINT
from vla_teleop.devices.reading import Reading


class Leader:
    """LeRobot's leader as a device; see `Device`.

    It is opened without a question on stdin: a calibration that does not fit the motors is an
    error. It is limp from then on, but while it is led.
    """

    def __init__(self, file: DeviceFile, teleoperator: Any, clock_ns: Clock) -> None:
        """Take a teleoperator that is not connected."""
        self._file, self._leader, self._clock_ns = file, teleoperator, clock_ns
        self._arms = serial_arms(teleoperator)
        self._is_led = False

    @property
    def encoders(self) -> Mapping[str, Encoder]:
        """See `Device`."""
        return {
            arm.prefix + motor: encoder_of(arm.bus, motor)
            for arm in self._arms
            for motor in arm.bus.motors
        }

    @property
    def can_be_led(self) -> bool:
        """See `Device`: LeRobot takes feedback, and a bus of ours can take the torque."""
        return bool(self._arms) and bool(self._leader.feedback_features)

    def connect(self) -> None:
        """See `Device`."""
        try:
            with patient(self._arms):
                self._open()
        except Exception as error:
            self.close()
            if isinstance(error, DeviceError):
                raise
            kind, port = self._file.options['type'], self._file.options.get('port', '')
            where = f'{self._file.name}: connecting to {kind} {port}'.rstrip()
            raise DeviceError(f'{where}: {one_line(error)}') from error

    def read(self) -> Reading:
        """See `Device`; the stamp is the middle of the transfer."""
        before_ns = self._clock_ns()
        action = self._leader.get_action()
        stamp_ns = (before_ns + self._clock_ns()) // 2
        numbers = {
            name.removesuffix(JOINT): float(value)
            for name, value in action.items()
            if name.endswith(JOINT)
        }
        return Reading(stamp_ns, numbers)

    def lead(self, numbers: Mapping[str, float]) -> None:
        """See `Device`."""
        if not self._is_led:
            # Motors get torque where they stand, not where an old goal is.
            with patient(self._arms):
                for arm in self._arms:
                    arm.hold()
            self._is_led = True
        self._leader.send_feedback({name + JOINT: value for name, value in numbers.items()})

    def release(self) -> None:
        """See `Device`."""
        with patient(self._arms):
            for arm in self._arms:
                arm.release()
        self._is_led = False

    def close(self) -> None:
        """See `Device`."""
        try:
            if self._is_led:
                self.release()
        finally:
            for arm in self._arms:
                arm.close()
            if not self._arms and self._leader.is_connected:
                self._leader.disconnect()

    def _open(self) -> None:
        for arm in self._arms:
            arm.open()
            if fault := arm.calibration_fault():
                options = self._file.options
                raise LeaderNotCalibratedError(
                    self._file.name,
                    options['type'],
                    str(options.get('id')),
                    str(options.get('port', '')),
                    fault,
                )
        for arm in self._arms:
            arm.close()
        connect = self._leader.connect
        has_choice = 'calibrate' in inspect.signature(connect).parameters
        connect(calibrate=False) if has_choice else connect()
        if not self._arms and not self._leader.is_calibrated:
            raise DeviceError(
                f'{self._file.name}: calibration: found none that fits; allowed: that of '
                f'lerobot-calibrate --teleop.type={self._file.options["type"]}'
            )
