"""What is recorded of a robot."""

from vla_contract.deployment.cell import Cell
from vla_contract.deployment.channels import FORWARD_POSITION, JOINT_TRAJECTORY
from vla_contract.errors import SettingError
from vla_contract.recordings.topics import TOPICS, topics_of

# What is recorded beside the topics that our own reader reads.
_OTHERS = {
    'joint_trajectory_controller/joint_trajectory': 'trajectory_msgs/msg/JointTrajectory',
    'forward_position_controller/commands': 'std_msgs/msg/Float64MultiArray',
    'diagnostics': 'diagnostic_msgs/msg/DiagnosticArray',
}
# Of robot_state_publisher and of calibrated cameras, where they run: what viewers draw a robot by.
_DRAWN = {'tf': 'tf2_msgs/msg/TFMessage'}
_DRAWN_LATCHED = {
    'tf_static': 'tf2_msgs/msg/TFMessage',
    'robot_description': 'std_msgs/msg/String',
}
_COMMANDS = {
    JOINT_TRAJECTORY: 'trajectory_msgs/msg/JointTrajectory',
    FORWARD_POSITION: 'std_msgs/msg/Float64MultiArray',
}
_IDENTITY = {'policy_server/identity': 'std_msgs/msg/String'}
LATCHED_TOPICS = {
    **{name: topic.type_name for name, topic in TOPICS.items() if topic.is_latched},
    **_IDENTITY,
    **_DRAWN_LATCHED,
}
OPTIONAL_PACKAGES = ('tf2_msgs',)
"""Not among the wheels of ROS; what is of their types is recorded where they are installed."""

SHARED_TOPICS = ('tf_static',)
"""Latched topics of which every publisher's value counts, and not only the newest."""


def recorded_topics(cell: Cell, extra: str) -> dict[str, str]:
    """Return the topics of a robot with their types, relative names first.

    Args:
        cell: the robot; each of its cameras adds its images and camera_info, each of its
            channels the topic of its controller.
        extra: more of them, 'name=package/msg/Type' separated by spaces.

    Raises:
        SettingError: `extra` cannot be read.
    """
    topics = {name: topic.type_name for name, topic in topics_of(cell).items()}
    topics |= _OTHERS | _IDENTITY | _DRAWN | _DRAWN_LATCHED
    for channel in cell.channels:
        if channel.kind in _COMMANDS:
            topics[channel.endpoint] = _COMMANDS[channel.kind]
    for camera in cell.cameras:
        kind = 'CompressedImage' if camera.is_compressed else 'Image'
        topics[camera.image_topic] = f'sensor_msgs/msg/{kind}'
        topics[f'{camera.topic}/camera_info'] = 'sensor_msgs/msg/CameraInfo'
    for entry in extra.split():
        name, _, kind = entry.partition('=')
        if not name or kind.count('/') != 2 or kind.split('/')[1] != 'msg':
            raise SettingError('recorder', 'extra_topics', entry, 'name=package/msg/Type')
        topics[name] = kind
    return topics
