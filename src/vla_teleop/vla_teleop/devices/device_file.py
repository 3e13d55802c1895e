"""The device file: which device, its options, and what its numbers mean to the robot."""

from dataclasses import dataclass, field
from typing import Any

from vla_contract.deployment.robot import require_distinct
from vla_contract.errors import SettingError
from vla_contract.schema import build, load_yaml, setting
from vla_contract.share import find_config
from vla_lerobot.drivers.driver_file import MotorEntry

KIND = 'teleoperators'
ABSOLUTE, RELATIVE = 'absolute', 'relative'
BASE_AXES, TOOL_AXES = 'base', 'tool'


@dataclass(frozen=True)
class LeaderMotor(MotorEntry):
    """Which joint a motor of a leader leads, and how its number becomes the joint's position."""

    scale: float = setting(
        1.0, doc='how far the joint moves for a motion of the motor', lower=0.01, upper=10.0
    )


@dataclass(frozen=True)
class ToolSettings:
    """How the motion of a hand becomes that of a tool."""

    name: str = setting('', doc="tool of the robot's file; empty: the main one")
    axes: str = setting(BASE_AXES, doc='that the motion is along', choices=(BASE_AXES, TOOL_AXES))
    yaw_deg: float = setting(
        0.0,
        doc='how the axes of the device are turned about z against those',
        unit='deg',
        lower=-360.0,
        upper=360.0,
    )
    speed_m_s: float = setting(0.10, doc='at full deflection', unit='m/s', lower=0.001, upper=1.0)
    turn_rad_s: float = setting(0.6, doc='at full deflection', unit='rad/s', lower=0.01, upper=6.0)
    scale: float = setting(
        1.0, doc='path of the tool for a path of a tracked hand', lower=0.05, upper=5.0
    )
    gripper_per_s: float = setting(
        0.8, doc="share of the gripper's range at full deflection", unit='1/s', lower=0.05
    )


@dataclass(frozen=True)
class DeviceFile:
    """A teleoperation device; read it with `load_device_file`."""

    schema: int = setting(doc='version of this format', lower=1, upper=1)
    name: str = setting(doc='name of the device file')
    device: str = setting(doc='kind of device, or module:factory')
    options: dict[str, Any] = field(
        default_factory=dict,
        metadata={'doc': "of the kind; of LeRobot's the fields of its TeleoperatorConfig"},
    )
    joints: dict[str, LeaderMotor] = field(
        default_factory=dict, metadata={'doc': "of a leader: its name of a motor to the joint's"}
    )
    mode: str = setting(
        ABSOLUTE,
        doc='of a leader: its pose is that of the arm, or only its motion counts',
        choices=(ABSOLUTE, RELATIVE),
    )
    tool: ToolSettings | None = setting(None, doc='of a device that moves a tool')

    @property
    def is_leader(self) -> bool:
        """Whether it has joints of its own."""
        return bool(self.joints)


def load_device_file(name: str) -> DeviceFile:
    """Read config/teleoperators/NAME.yaml, or a path.

    Raises:
        VlaError: there is no such file, or a value is missing, unknown or out of range.
    """
    path = find_config(KIND, name)
    file = build(DeviceFile, load_yaml(path), str(path))
    where = str(path)
    if file.is_leader == (file.tool is not None):
        found = 'both' if file.is_leader else 'neither'
        raise SettingError(where, 'joints and tool', found, 'one of them')
    for motor, entry in file.joints.items():
        if entry.sign == 0:
            raise SettingError(where, f'joints.{motor}.sign', '0', '1 or -1')
    require_distinct(f'{where}: joints', [entry.joint for entry in file.joints.values()])
    return file
