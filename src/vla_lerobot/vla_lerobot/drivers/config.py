"""Settings of the driver of a LeRobot robot."""

from dataclasses import dataclass

from vla_contract.schema import setting


@dataclass(frozen=True)
class LerobotRobotConfig:
    """Parameters of the node lerobot_robot; joints and channels come from the cell's robot."""

    deployment: str = setting(
        'panda_lift_cube', doc='name under config/deployments, or path of a file'
    )
    cell: str = setting('', doc="another cell than the deployment's")
    driver: str = setting('so101', doc='name under config/lerobot_robots, or path of a file')
    command_interface: str = setting(
        'trajectory',
        doc='of a robot whose file names no channels, as for the action filter',
        choices=('trajectory', 'forward'),
    )
    rate_hz: float = setting(
        50.0, doc='how often joints are read and commanded', unit='Hz', lower=1.0, upper=500.0
    )
    first_step_rad: float = setting(
        0.15,
        doc='how far from where it stands a joint of the arm may be sent by a first command',
        unit='rad',
        lower=0.01,
        upper=1.0,
    )
    command_timeout_s: float = setting(
        0.5, doc='after so long a silence the next command is a first one', unit='s', lower=0.02
    )
    errors_in_a_row: int = setting(
        5, doc='cycles without an answer after which the connection counts as lost', lower=1
    )
    reconnect_s: float = setting(
        1.0, doc='time between attempts to connect again', unit='s', lower=0.1
    )
    health_period_s: float = setting(
        1.0,
        doc='time in which temperature, load, voltage and faults are read',
        unit='s',
        lower=0.1,
    )
    temperature_warn_c: float = setting(55.0, doc='of a motor: warning', unit='C')
    temperature_error_c: float = setting(
        65.0, doc='of a motor: error; an STS3215 goes limp at its limit, 70 by default', unit='C'
    )
    load_warn: float = setting(0.6, doc="of a motor's full torque: warning", lower=0.0, upper=1.0)
    load_error: float = setting(
        0.8,
        doc="of a motor's full torque: error; an STS3215 that gives more for 2 s falls to a fifth",
        lower=0.0,
        upper=1.0,
    )
    voltage_low_v: float = setting(
        4.5, doc='of the supply: warning; an arm of 12 V wants about 10.5', unit='V', lower=0.0
    )
