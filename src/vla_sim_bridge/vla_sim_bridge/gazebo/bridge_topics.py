"""The ros_gz_bridge configuration with the topics of the robot."""

from pathlib import Path

from vla_contract.deployment.cell import Cell
from vla_sim_bridge.tasks.task import Task
import yaml

_TRAJECTORY = 'joint_trajectory_controller/joint_trajectory'


def bridge_topics(cell: Cell, task: Task) -> list[dict[str, str]]:
    """Return one entry per topic; names in ROS are relative, so that a namespace moves all.

    Args:
        cell: cameras and their topics.
        task: its objects, whose poses are what the expert reads, and the one that is meant.
    """
    topics = [
        _from_gazebo('/clock', 'clock', 'rosgraph_msgs/msg/Clock', 'Clock'),
        _from_gazebo('joint_states', 'joint_states', 'sensor_msgs/msg/JointState', 'Model'),
    ]
    for camera in cell.cameras:
        for name, ros, gz in (
            ('image_raw', 'Image', 'Image'),
            ('camera_info', 'CameraInfo', 'CameraInfo'),
        ):
            topic = f'{camera.topic}/{name}'
            topics.append(_from_gazebo(topic, topic, f'sensor_msgs/msg/{ros}', gz))
    poses = {'target': task.target.name, **{name: name for name in task.objects}}
    for name, thing in poses.items():
        ros_type = 'geometry_msgs/msg/PoseStamped'
        topics.append(_from_gazebo(f'sim/{name}_pose', f'model/{thing}/pose', ros_type, 'Pose'))
    topics.append(
        {
            'ros_topic_name': _TRAJECTORY,
            'gz_topic_name': '/joint_trajectory',
            'ros_type_name': 'trajectory_msgs/msg/JointTrajectory',
            'gz_type_name': 'gz.msgs.JointTrajectory',
            'direction': 'ROS_TO_GZ',
        }
    )
    return topics


def write_bridge(cell: Cell, task: Task, path: Path) -> None:
    """Write the configuration as ros_gz_bridge reads it (parameter config_file)."""
    path.write_text(yaml.safe_dump(bridge_topics(cell, task), sort_keys=False))


def _from_gazebo(ros_topic: str, gz_topic: str, ros_type: str, gz_type: str) -> dict[str, str]:
    return {
        'ros_topic_name': ros_topic,
        'gz_topic_name': '/' + gz_topic,
        'ros_type_name': ros_type,
        'gz_type_name': f'gz.msgs.{gz_type}',
        'direction': 'GZ_TO_ROS',
    }
