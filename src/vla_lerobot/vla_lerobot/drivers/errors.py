"""What keeps a driver from starting."""

from collections.abc import Iterable

from vla_contract.errors import VlaError
from vla_lerobot.drivers.driver_file import DriverFile


class DriverError(VlaError):
    """A LeRobot robot cannot be opened."""


class NotCalibratedError(DriverError):
    """There is no calibration, or it is not what the motors have; nobody is asked on stdin."""

    def __init__(self, file: DriverFile, found: str) -> None:
        port = f' --robot.port={file.robot["port"]}' if 'port' in file.robot else ''
        super().__init__(
            f'{file.name}: calibration of {file.type} {file.id}: found {found}; allowed: that of '
            f'lerobot-calibrate --robot.type={file.type}{port} --robot.id={file.id}'
        )


class OutsideRangeError(DriverError):
    """A limp motor stands where it may not be held: holding it would move it."""

    def __init__(self, file: DriverFile, motors: Iterable[str]) -> None:
        super().__init__(
            f'{file.name}: position of {"; ".join(motors)}; allowed: within the calibrated range: '
            'move the arm there by hand, or calibrate again with lerobot-calibrate'
        )


class BusError(DriverError):
    """The robot did not answer, or not with what it was asked."""
