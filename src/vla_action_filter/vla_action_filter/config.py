"""Settings of the action filter."""

from dataclasses import dataclass
from pathlib import Path

from vla_contract.schema import build, load_yaml, setting


@dataclass(frozen=True)
class FilterConfig:
    """Parameters of the action filter node; limits and deadlines come from robot and cell."""

    deployment: str = setting(
        'panda_lift_cube', doc='name under config/deployments, or path of a file'
    )
    cell: str = setting('', doc="another cell than the deployment's")
    input: str = setting(
        'policy_chunk',
        doc='policy_chunk, or policy_action from a node that publishes one action at a time',
        choices=('policy_chunk', 'policy_action'),
    )
    source: str = setting(
        'policy',
        doc='who commands first: policy, or a human by teleop_chunk; action_filter/take_over and '
        'action_filter/hand_back change it',
        choices=('policy', 'human'),
    )
    teleop_age_s: float = setting(
        0.25,
        doc='oldest teleop_chunk that is followed; a released dead-man switch stops the arm so',
        unit='s',
        lower=0.02,
        upper=5.0,
    )
    dry_run: bool = setting(False, doc='compute and report everything, command nothing')
    locked: bool = setting(
        False,
        doc='refuse to be activated; on a real robot true until the supervisor has seen preflight '
        'pass',
        dynamic=True,
    )
    command_interface: str = setting(
        'trajectory',
        doc='trajectory: joint_trajectory_controller/joint_trajectory; '
        'forward: forward_position_controller/commands',
        choices=('trajectory', 'forward'),
    )
    simulated: bool = setting(
        False, doc="the robot is the simulator: a gripper's action becomes a trajectory"
    )
    lead_s: float = setting(
        0.05,
        doc='how long before it is due a command is given out; cycles and messages together may '
        'be late by 0.015 s less',
        unit='s',
        lower=0.02,
        upper=0.5,
    )
    ramp_grippers: bool = setting(
        True,
        doc='grippers on a controller of positions go within their limits; false: in one step',
    )
    arming_s: float = setting(
        0.3,
        doc='time in which controllers are brought to where a motion starts after a silence',
        unit='s',
        lower=0.0,
        upper=5.0,
    )
    first_speed: float = setting(
        1.0,
        doc='share of the velocity limits until speed_scale says otherwise',
        lower=0.0,
        upper=1.0,
    )
    require_watch: bool = setting(
        False,
        doc='nothing moves without a heartbeat on the topic watch, as of a rollout',
    )
    watch_age_s: float = setting(
        0.5, doc='longest time between two heartbeats', unit='s', lower=0.05, upper=10.0
    )
    seam: str = setting(
        'fade',
        doc='how a new chunk takes over: replace at once, fade out the step to it, or ensemble: '
        'average all chunks that cover the instant',
        choices=('replace', 'fade', 'ensemble'),
    )
    fade_s: float = setting(
        0.3,
        doc='longest time over which the step to a new chunk fades out; shorter where the chunk '
        'is over sooner',
        unit='s',
        lower=0.0,
        upper=2.0,
    )
    ensemble_decay: float = setting(
        0.01, doc='decay of the weights of newer chunks, m of ACT', lower=0.0, upper=10.0
    )
    smoother: str = setting(
        'ema', doc='moving average of the targets, or none', choices=('ema', 'none')
    )
    alpha: float = setting(
        0.7, doc='weight of the newest target in the moving average; 1 is off', lower=0.01, upper=1
    )
    alpha_joints: str = setting(
        '', doc="joints with an alpha of their own, as 'joint6=0.5 joint7=0.5'; '' for none"
    )
    gripper_dwell_s: float = setting(
        0.3, doc='shortest time between two gripper reversals', unit='s', lower=0.0, upper=5.0
    )
    velocity_fraction: float = setting(
        1.0, doc="share of the robot's velocity limits in use", lower=0.01, upper=1.0
    )
    acceleration_fraction: float = setting(
        1.0, doc="share of the robot's acceleration limits in use", lower=0.01, upper=1.0
    )
    jerk_fraction: float = setting(
        1.0, doc="share of the robot's jerk limits in use", lower=0.001, upper=1.0
    )
    cartesian: bool = setting(
        True, doc="keep the cell's workspace, Cartesian speed and self-collision distances"
    )
    reject_jump_s: float = setting(
        0.5,
        doc='a chunk with a jump that takes longer than this at full speed is refused',
        unit='s',
        lower=0.0,
        upper=10.0,
    )
    reject_chunks: int = setting(
        3, doc='refused chunks in a row after which the arm holds', lower=1, upper=100
    )
    rearm_ramp_s: float = setting(
        0.2, doc='time over which speed rises after standing', unit='s', lower=0.0, upper=10.0
    )
    tracking_error: float = setting(
        0.1,
        doc='distance of a joint from where it was told to be that stops the arm',
        unit='rad or m',
        lower=0.001,
        upper=10.0,
    )
    tracking_latency_s: float = setting(
        0.2, doc='longest time the robot may be behind its command', unit='s', lower=0.0, upper=2.0
    )
    effort_spike: float = setting(
        0.4,
        doc="change of a joint's effort that stops the arm, as a share of its limit; "
        'without effort in joint_states the check is unavailable',
        lower=0.01,
        upper=10.0,
    )
    e_stop_required: str = setting(
        '',
        doc="nodes that must publish e_stop again and again, by name, as 'estop_button pedal'; "
        "'' for none",
    )
    e_stop_deadline_s: float = setting(
        0.5,
        doc='longest silence of a node that must publish e_stop',
        unit='s',
        lower=0.02,
        upper=60.0,
    )
    overrun_periods: float = setting(
        5.0, doc='periods between two cycles that count as an overrun', lower=1.5, upper=1000.0
    )
    trigger_cycles: int = setting(
        3,
        doc='cycles in a row that a watchdog must see before it stops the arm; measurements in a '
        'row where it judges measurements',
        lower=1,
        upper=100,
    )
    release_cycles: int = setting(
        10, doc='cycles in a row without a reason before a hold ends', lower=1, upper=1000
    )
    realtime_priority: int = setting(
        50,
        doc='SCHED_FIFO priority of a node that is a process of its own; where the system refuses '
        'it a warning says so; 0 is off',
        lower=0,
        upper=99,
    )


def load_filter_config(path: Path | None) -> FilterConfig:
    """Return the settings of a parameter file of the node, or the defaults without one.

    Args:
        path: YAML as in config/action_filter.yaml, with or without its ROS header.

    Raises:
        VlaError: the file cannot be read, or a value is unknown or out of range.
    """
    if path is None:
        return FilterConfig()
    values = load_yaml(path)
    for key in ('/**', 'action_filter', 'ros__parameters'):
        values = values.get(key, values)
    return build(FilterConfig, values, str(path))
