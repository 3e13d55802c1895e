"""The drivers of makers, as config/controllers sets them: their channels, and a double of each.

What the head of a file says of the robot's file is read from that comment, so that a test sees
what a reader copies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
import textwrap
from typing import Any

from support.fake_robot.arm import ServoModel
from support.fake_robot.forward_command_controller import ForwardParameters
from support.fake_robot.gripper_action_controller import GripperParameters
from support.fake_robot.joint_state_broadcaster import BroadcasterParameters
from support.fake_robot.joint_trajectory_controller import TrajectoryParameters
from support.fake_robot.ros2_control import Parameters, Setup
from support.fake_robot.vendors.grippers import FrankaParameters, XarmParameters
from vla_contract.deployment.channels import (
    Channel,
    FORWARD_POSITION,
    JOINT_TRAJECTORY,
    PARALLEL_GRIPPER,
)
from vla_contract.schema import load_yaml
import yaml

FOLDER = Path(__file__).parents[4] / 'config' / 'controllers'


@dataclass(frozen=True)
class Vendor:
    """An arm and a gripper, by the files that describe their controllers.

    Args:
        files: stems under config/controllers, the arm's first.
        update_rate_hz: of the arm's controller manager.
    """

    files: tuple[str, ...]
    update_rate_hz: float


VENDORS = {
    'franka': Vendor(('franka_ros2', 'franka_gripper'), 1000.0),
    'franka_robotiq': Vendor(('franka_ros2', 'robotiq_gripper'), 1000.0),
    'interbotix': Vendor(('interbotix_xsarm',), 100.0),
    'kortex': Vendor(('ros2_kortex',), 1000.0),
    'lbr': Vendor(('lbr_fri_ros2_stack', 'robotiq_gripper'), 100.0),
    'openarm': Vendor(('openarm_ros2',), 100.0),
    'ur': Vendor(('ur_robot_driver', 'robotiq_gripper'), 500.0),
    'xarm': Vendor(('xarm_ros2',), 150.0),
}
# Lower and upper limit, and the end where it is closed, as the heads say them.
GRIPPERS = {
    'drive_joint': (0.0, 0.85, 'upper'),
    'fr3_finger_joint1': (0.0, 0.039, 'lower'),
    'left_finger': (0.021, 0.057, 'lower'),
    'openarm_left_finger_joint1': (0.0, 0.7854, 'lower'),
    'openarm_right_finger_joint1': (-0.7854, 0.0, 'upper'),
    'robotiq_85_left_knuckle_joint': (0.0, 0.79, 'upper'),
}
# Those that the driver starts by files of its own, or that are no controllers.
_OF_THE_DRIVER = {
    'franka_gripper': lambda joint: FrankaParameters(joint),
    'robotiq_gripper_controller': lambda joint: GripperParameters(
        joint, allow_stalling=True, is_parallel=True
    ),
    'xarm_gripper': lambda joint: XarmParameters(joint),
}


def head(stem: str) -> dict[str, Any]:
    """Return `channels` and `joint_states` as the head of a file shows them."""
    lines = (FOLDER / f'{stem}.yaml').read_text().splitlines()
    start = lines.index('#   channels:')
    end = next(i for i, line in enumerate(lines) if i > start and not line.startswith('#   '))
    block = textwrap.dedent('\n'.join(line[1:] for line in lines[start:end]))
    return yaml.safe_load(block)


def channels(vendor: Vendor) -> list[Channel]:
    """Return the channels of an arm and its gripper; the last file that names one counts."""
    found = {row['name']: row for stem in vendor.files for row in head(stem)['channels']}
    return [Channel(**row | {'joints': tuple(row['joints'])}) for row in found.values()]


def double(vendor: Vendor, home: Sequence[float], lag_s: float = 0.02) -> Setup:
    """Return a double of the driver with the parameters that are shipped.

    Args:
        vendor: which.
        home: where the joints stand, in the order of the channels [rad or m].
        lag_s: of every servo; its dead time is a quarter of that [s].
    """
    given = channels(vendor)
    joints = tuple(joint for channel in given for joint in channel.joints)
    return Setup(
        joints,
        tuple(home),
        {channel.controller: parameters(vendor, channel) for channel in given},
        {'joint_state_broadcaster': BroadcasterParameters(joints, rate_hz=100.0)},
        ServoModel(lag_s, lag_s / 4.0),
        vendor.update_rate_hz,
    )


def shipped(stem: str, controller: str) -> dict[str, Any]:
    """Return the parameters of a controller in a file, {} where it has none."""
    nodes = load_yaml(FOLDER / f'{stem}.yaml')['/**']
    return nodes.get(controller.rpartition('/')[2], {}).get('ros__parameters', {})


def parameters(vendor: Vendor, channel: Channel) -> Parameters:
    """Return the parameters of a channel's controller: those of its file, else the driver's own.

    Joints have the prefix that the driver does not know of.
    """
    name = channel.controller.rpartition('/')[2]
    found = next(filter(None, (shipped(stem, name) for stem in vendor.files)), {})
    own = {key: found[key] for key in ('joint', 'joints') if key in found}
    if 'joint' in own:
        own['joint'] = channel.prefix + own['joint']
    if 'joints' in own:
        own['joints'] = [channel.prefix + joint for joint in own['joints']]
    if channel.kind == JOINT_TRAJECTORY:
        return _build(TrajectoryParameters, found | own)
    if channel.kind == FORWARD_POSITION:
        return _build(ForwardParameters, found | own)
    if 'joint' in found:
        is_parallel = channel.kind == PARALLEL_GRIPPER
        return _build(GripperParameters, found | own, is_parallel=is_parallel)
    return _OF_THE_DRIVER[name](channel.joints[0])


def _build(kind: type[Any], values: dict[str, Any], **more: Any) -> Any:
    names = {field.name for field in fields(kind)}
    lists = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
    return kind(**{key: value for key, value in lists.items() if key in names}, **more)
