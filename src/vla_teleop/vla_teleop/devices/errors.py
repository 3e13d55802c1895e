"""What keeps a device from being used, and a reading from counting."""

from vla_contract.errors import VlaError


class DeviceError(VlaError):
    """A teleoperation device cannot be made, opened or read."""


class LeaderNotCalibratedError(DeviceError):
    """There is no calibration, or it is not what the motors have; nobody is asked on stdin."""

    def __init__(self, name: str, kind: str, id_: str, port: str, found: str) -> None:
        where = f' --teleop.port={port}' if port else ''
        super().__init__(
            f'{name}: calibration of {kind} {id_}: found {found}; allowed: that of '
            f'lerobot-calibrate --teleop.type={kind}{where} --teleop.id={id_}'
        )


class BadReadingError(DeviceError):
    """A reading is dropped: a value is missing, not finite or out of range."""

    def __init__(self, name: str, found: str, allowed: str) -> None:
        super().__init__(f'{name}: found {found}; allowed: {allowed}')
