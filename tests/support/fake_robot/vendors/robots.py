"""The robots of config/robots behind doubles of their makers' drivers.

Channels are those of config/deployments/NAME_real.yaml, controllers those of config/controllers:
what one says and the other does not is refused, as by the robot.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from support.fake_robot.arm import ServoModel
from support.fake_robot.joint_state_broadcaster import BroadcasterParameters
from support.fake_robot.joint_trajectory_controller import TrajectoryParameters
from support.fake_robot.ros2_control import Parameters, Setup
from support.fake_robot.vendors.drivers import parameters, VENDORS
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.channels import Channel, FORWARD_POSITION, NONE
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.deployment.joint_sources import JointSource
from vla_contract.schema import load_yaml

DEPLOYMENTS = Path(__file__).parents[4] / 'config' / 'deployments'
ROBOTS = {
    'panda_2f85': 'franka_robotiq',
    'fr3': 'franka',
    'ur5e_2f85': 'ur',
    'xarm7': 'xarm',
    'kinova_gen3_2f85': 'kortex',
    'iiwa7_2f85': 'lbr',
    'vx300s': 'interbotix',
    'aloha': 'interbotix',
    'openarm': 'openarm',
}
"""Robot to its driver in VENDORS; the tenth, so101, is driven by LeRobot's class."""
LEROBOT, PANDA = 'so101', 'panda_2f85'
_SIMULATED = {PANDA: 'panda'}
_FINGERS_HZ = {'franka_gripper': 30.0, 'gripper': 100.0}
"""How often drivers of grippers publish, by the namespace of their topic [Hz]."""


def real_deployment(name: str) -> Path:
    """Return the file of the real robot's deployment."""
    return DEPLOYMENTS / f'{name}_real.yaml'


def simulated_deployment(name: str) -> Path:
    """Return the file of the deployment in which the robot is simulated."""
    return DEPLOYMENTS / f'{_SIMULATED.get(name, name)}_lift_cube.yaml'


def real_with_the_task(name: str) -> Deployment:
    """Return the real robot's deployment with objects where its arm reaches them."""
    places = load_yaml(simulated_deployment(name)).get('overrides') or {}
    overrides = {path: value for path, value in places.items() if path.startswith('task.')}
    return load_deployment(str(real_deployment(name)), overrides=overrides)


def setup_of(name: str, cell: Cell, lag_s: float = 0.02) -> Setup:
    """Return the double of a robot's driver, with the joints of its cell in their order.

    Args:
        name: of ROBOTS.
        cell: of its real deployment.
        lag_s: of every servo, where no world stands behind them [s].
    """
    vendor = VENDORS[ROBOTS[name]]
    return Setup(
        cell.joint_names,
        tuple(float(value) for value in cell.home),
        {c.controller: _controller(name, c) for c in cell.channels if c.kind != NONE},
        {},
        ServoModel(lag_s, lag_s / 4.0),
        vendor.update_rate_hz,
    )


def _controller(name: str, channel: Channel) -> Parameters:
    """Return a controller's parameters; the file of franka_ros2 has the names of an FR3."""
    found = parameters(VENDORS[ROBOTS[name]], channel)
    if name == PANDA and isinstance(found, TrajectoryParameters):
        return replace(found, joints=channel.joints)
    return found


@dataclass(frozen=True)
class StateTopic:
    """A topic of measured joints, and who publishes there.

    Attributes:
        topic: relative name.
        prefix: of our names that the driver does not have.
        broadcaster: its joints, by our names, and its rate.
        on_goals: whether it publishes while a goal is executed only, and twice a second before
            the first, as the gripper of xarm_api does.
    """

    topic: str
    prefix: str
    broadcaster: BroadcasterParameters
    on_goals: bool = False


def state_topics(name: str, cell: Cell) -> list[StateTopic]:
    """Return what the driver of a robot publishes of its joints."""
    topics = []
    for source in cell.joint_sources:
        joints, fingers = source.joints, {cell.joint_names[i] for i in cell.grippers}
        if name == 'xarm7':
            joints = tuple(joint for joint in joints if joint not in fingers)
            own = tuple(joint for joint in source.joints if joint in fingers)
            topics.append(_topic(source, own, 10.0, on_goals=True))
        rate_hz = cell.rates.joint_states_hz
        if set(joints) <= fingers:
            rate_hz = _FINGERS_HZ[source.topic.split('/')[0]]
        topics.append(_topic(source, joints, min(rate_hz, VENDORS[ROBOTS[name]].update_rate_hz)))
    return topics


def _topic(
    source: JointSource, joints: tuple[str, ...], rate_hz: float, on_goals: bool = False
) -> StateTopic:
    broadcaster = BroadcasterParameters(joints, rate_hz=rate_hz)
    return StateTopic(source.topic, source.prefix, broadcaster, on_goals)


def judged_joints(cell: Cell) -> dict[str, tuple[str, ...]]:
    """Return the joints of every controller whose writes are a motion, not goals or steps."""
    return {
        channel.controller: channel.joints
        for channel in cell.channels
        if not channel.is_action and channel.kind not in (NONE, FORWARD_POSITION)
    }
