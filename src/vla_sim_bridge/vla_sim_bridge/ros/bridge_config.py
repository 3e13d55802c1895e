"""Settings of the simulator bridge."""

from dataclasses import dataclass

from vla_contract.deployment.deployment import DEFAULT
from vla_contract.schema import setting
from vla_sim_bridge.cameras.published_camera import NOMINAL, TRUE


@dataclass(frozen=True)
class BridgeConfig:
    """Parameters of the mujoco_bridge node; rates and topics come from the cell."""

    deployment: str = setting(DEFAULT, doc='name or path under config/deployments')
    cell: str = setting('', doc="another cell than the deployment's: name or path")
    task: str = setting('', doc="another task than the deployment's: name or path")
    policy_path: str = setting(
        '', doc="another policy than the deployment's, of which the simulator takes the rate"
    )
    randomization: str = setting('none', doc='name or path under config/randomization')
    published_camera: str = setting(
        NOMINAL,
        doc='what camera_info and camera pose describe. nominal: the camera as placed or '
        'calibrated; true: as the episode draws it',
        choices=(NOMINAL, TRUE),
    )
    headless: bool = setting(True, doc='false opens the MuJoCo viewer (needs a display)')
    clock_hz: float = setting(
        100.0, doc='rate of /clock and of command updates', unit='Hz', lower=100.0, upper=1000.0
    )
    speed: float = setting(
        1.0, doc='simulated seconds per real second', unit='', lower=0.01, upper=100.0
    )
    command_interface: str = setting(
        'trajectory',
        doc='trajectory: joint_trajectory_controller/joint_trajectory; '
        'forward: forward_position_controller/commands',
        choices=('trajectory', 'forward'),
    )
    next_seed: int = setting(
        0, doc='seed of the next sim/reset; counts up after each', lower=0, dynamic=True
    )
    replay_manifest: str = setting(
        '', doc='file of a manifest that the next sim/reset replays; empty: new', dynamic=True
    )
