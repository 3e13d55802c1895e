"""A phone of LeRobot: the pose of a hand, its enable button and the gripper."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from vla_contract.transforms import make_transform
from vla_lerobot.drivers.motors.scale import Encoder
from vla_lerobot.drivers.robot_class import one_line
from vla_teleop.devices.device import Clock
from vla_teleop.devices.device_file import DeviceFile
from vla_teleop.devices.errors import BadReadingError, DeviceError
from vla_teleop.devices.reading import HandPose, Reading


class Phone:
    """LeRobot's phone as a device; see `Device`.

    Its pose is in the axes in which it was held at its calibration: x right, y forward, z up. It
    counts while its enable button is held.
    """

    encoders: Mapping[str, Encoder] = {}
    can_be_led = False

    def __init__(self, file: DeviceFile, teleoperator: Any, clock_ns: Clock) -> None:
        """Take a teleoperator that is not connected."""
        self._file, self._phone, self._clock_ns = file, teleoperator, clock_ns

    def connect(self) -> None:
        """See `Device`: LeRobot says on the terminal how to hold it, and waits for that."""
        try:
            self._phone.connect()
        except Exception as error:
            raise DeviceError(f'{self._file.name}: phone: {one_line(error)}') from error

    def read(self) -> Reading:
        """See `Device`.

        Raises:
            BadReadingError: it is not tracked now.
        """
        action = self._phone.get_action()
        if not action:
            raise BadReadingError('phone', 'no pose', 'one: it must see where it is')
        inputs = action['phone.raw_inputs']
        # As LeRobot's MapPhoneActionToRobotAction: a slider of iOS, two buttons of Android.
        gripper = float(inputs.get('a3', 0.0))
        gripper += float(inputs.get('reservedButtonA', 0)) - float(
            inputs.get('reservedButtonB', 0)
        )
        pose = make_transform(np.asarray(action['phone.pos']), action['phone.rot'].as_matrix())
        return Reading(
            self._clock_ns(),
            pose=HandPose(pose),
            gripper=gripper,
            is_engaged=bool(action['phone.enabled']),
        )

    def lead(self, numbers: Mapping[str, float]) -> None:
        """See `Device`: it has no motors."""
        raise DeviceError(f'{self._file.name}: found no motors to lead')

    def release(self) -> None:
        """See `Device`: it has no motors."""

    def close(self) -> None:
        """See `Device`."""
        if self._phone.is_connected:
            self._phone.disconnect()
