"""Settings of the action filter."""

from dataclasses import dataclass

from vla_contract.schema import setting


@dataclass(frozen=True)
class FilterConfig:
    """Parameters of the action filter node; limits and deadlines come from the contract."""

    robot: str = setting('panda_2f85', doc='name or path of the robot contract')
    input: str = setting(
        'policy_chunk',
        doc='policy_chunk, or policy_action from a node that publishes one action at a time',
        choices=('policy_chunk', 'policy_action'),
    )
    dry_run: bool = setting(False, doc='compute and report everything, command nothing')
    command_interface: str = setting(
        'trajectory',
        doc='trajectory: joint_trajectory_controller/joint_trajectory; '
        'forward: forward_position_controller/commands',
        choices=('trajectory', 'forward'),
    )
    alpha: float = setting(
        0.7, doc='weight of the newest target in the moving average; 1 is off', lower=0.01, upper=1
    )
    fade_s: float = setting(
        0.3,
        doc='time over which the step to a new chunk fades out; 0 takes it at once',
        unit='s',
        lower=0.0,
        upper=2.0,
    )
    velocity_fraction: float = setting(
        1.0, doc="share of the contract's velocity limits in use", lower=0.01, upper=1.0
    )
    acceleration_fraction: float = setting(
        1.0, doc="share of the contract's acceleration limits in use", lower=0.01, upper=1.0
    )
    gripper_dwell_s: float = setting(
        0.3, doc='shortest time between two gripper reversals', unit='s', lower=0.0, upper=5.0
    )
