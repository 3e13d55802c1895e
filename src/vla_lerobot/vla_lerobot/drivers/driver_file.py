"""The driver file: which LeRobot class, with which fields, and which motor is which joint."""

from dataclasses import dataclass, field
import math
from typing import Any

from vla_contract.deployment.robot import require_distinct
from vla_contract.errors import SettingError
from vla_contract.schema import build, load_yaml, setting
from vla_contract.share import find_config

KIND = 'lerobot_robots'
DEGREES, RADIANS, METRES = 'deg', 'rad', 'm'
RANGE_M100_100, RANGE_0_100 = 'range_m100_100', 'range_0_100'


@dataclass(frozen=True)
class MotorEntry:
    """Which joint a motor moves, and how LeRobot's number becomes the joint's position."""

    joint: str = setting(doc="joint of the robot's file")
    sign: int = setting(1, doc='1, or -1 where the joint counts the other way', lower=-1, upper=1)
    zero_rad: float = setting(
        0.0,
        doc="joint's position where LeRobot says 0, which is the middle of the calibrated range",
        unit='rad',
        lower=-2.0 * math.pi,
        upper=2.0 * math.pi,
    )
    unit: str = setting(
        '',
        doc="of LeRobot's number; '' asks the class's bus for it, which serial buses can say",
        choices=('', DEGREES, RADIANS, METRES, RANGE_M100_100, RANGE_0_100),
    )


@dataclass(frozen=True)
class DriverFile:
    """A LeRobot robot and its motors; read it with `load_driver_file`."""

    schema: int = setting(doc='version of this format', lower=1, upper=1)
    name: str = setting(doc='name of the driver file')
    robot: dict[str, Any] = setting(doc="fields of LeRobot's RobotConfig; `type` says the class")
    motors: dict[str, MotorEntry] = setting(doc="LeRobot's name of a motor to its joint")
    constants: dict[str, float] = field(
        default_factory=dict,
        metadata={'doc': 'other numbers that the class wants in every action, such as x.vel: 0.0'},
    )

    @property
    def type(self) -> str:
        """LeRobot's name of the class."""
        return str(self.robot['type'])

    @property
    def id(self) -> str:
        """LeRobot's name of this very robot, by which its calibration is found."""
        return str(self.robot['id'])

    @property
    def joints(self) -> tuple[str, ...]:
        """Joints in the order of the motors."""
        return tuple(motor.joint for motor in self.motors.values())


def load_driver_file(name: str) -> DriverFile:
    """Read config/lerobot_robots/NAME.yaml, or a path.

    Raises:
        VlaError: there is no such file, or a value is missing, unknown or out of range.
    """
    path = find_config(KIND, name)
    file = build(DriverFile, load_yaml(path), str(path))
    where = str(path)
    for key in ('type', 'id'):
        if not isinstance(file.robot.get(key), str) or not file.robot[key]:
            found = repr(file.robot.get(key))
            raise SettingError(where, f'robot.{key}', found, 'a name, as LeRobot commands take it')
    if not file.motors:
        raise SettingError(where, 'motors', 'none', 'one motor or more')
    for motor, entry in file.motors.items():
        if entry.sign == 0:
            raise SettingError(where, f'motors.{motor}.sign', '0', '1 or -1')
    require_distinct(f'{where}: joints', file.joints)
    return file
