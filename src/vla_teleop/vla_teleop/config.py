"""Settings of the teleoperation node."""

from dataclasses import dataclass

from vla_contract.schema import setting


@dataclass(frozen=True)
class TeleopConfig:
    """Parameters of the node teleop; what the device's numbers mean stands in its file."""

    deployment: str = setting(
        'panda_lift_cube', doc='name under config/deployments, or path of a file'
    )
    cell: str = setting('', doc="another cell than the deployment's")
    device: str = setting('keyboard', doc='name under config/teleoperators, or path of a file')
    rate_hz: float = setting(
        50.0, doc='how often the device is read and a wish is sent', unit='Hz', lower=10.0,
        upper=200.0,
    )  # fmt: skip
    lead_s: float = setting(
        0.06,
        doc='how long before it is due the action filter gives a command out (its lead_s), with '
        'the way of a chunk to it',
        unit='s',
        lower=0.0,
        upper=0.6,
    )
    align_rad: float = setting(
        0.12,
        doc='how far a joint of a leader may be from the arm to begin',
        unit='rad',
        lower=0.01,
        upper=0.5,
    )
    align_gripper: float = setting(
        0.25, doc='the same of a gripper, as a share of its range', lower=0.02, upper=1.0
    )
    fade_s: float = setting(
        1.5, doc='in which what is left of that offset fades', unit='s', lower=0.1, upper=10.0
    )
    watch: bool = setting(
        True, doc='whether who leads also watches: a heartbeat on `watch` while the device leads'
    )
    errors_in_a_row: int = setting(
        5, doc='readings without an answer after which the device counts as lost', lower=1
    )
    reconnect_s: float = setting(
        1.0, doc='time between attempts to open it again', unit='s', lower=0.1
    )
    lead_leader: bool = setting(
        False,
        doc='whether the motors of a leader bring it to the arm after a person takes over',
    )
    leader_speed: float = setting(0.3, doc='of that motion', unit='rad/s', lower=0.05, upper=1.5)
    leader_lag: float = setting(
        0.2,
        doc='how far the leader may be behind before its torque is taken: somebody holds it',
        unit='rad',
        lower=0.05,
        upper=1.0,
    )
    leader_timeout_s: float = setting(
        15.0, doc='how long that motion may take', unit='s', lower=1.0, upper=120.0
    )
