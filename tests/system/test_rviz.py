"""The rviz configuration shows topics that the nodes really publish, with their types."""

import os
from pathlib import Path

import pytest
from support.waiting import wait_for

pytest.importorskip('rclpy')

import rclpy
from test_verified_rollout import CONFIG
from vla_contract.deployment.cell import load_cell
from vla_contract.ros.testing import ros  # noqa: F401
from vla_rollout.graph.stack import Stack
import yaml

RVIZ = CONFIG / 'rviz' / 'rollout.rviz'
CELL = load_cell('panda_table')
# robot_state_publisher of a ROS machine publishes it.
OF_OTHERS = {'/robot_description'}
TYPES = {
    'Camera': 'sensor_msgs/msg/Image',
    'CameraInfo': 'sensor_msgs/msg/CameraInfo',
    'Effort': 'sensor_msgs/msg/JointState',
    'Image': 'sensor_msgs/msg/Image',
    'MarkerArray': 'visualization_msgs/msg/MarkerArray',
    'Pose': 'geometry_msgs/msg/PoseStamped',
    'RobotModel': 'std_msgs/msg/String',
}
STACK = """processes:
  - {name: mujoco_bridge, module: vla_sim_bridge.ros.mujoco_bridge,
     parameters: mujoco_bridge.yaml}
  - {name: action_filter, module: vla_action_filter.ros.action_filter_node,
     parameters: action_filter.yaml}
"""


def displays() -> list[dict[str, object]]:
    return yaml.safe_load(RVIZ.read_text())['Visualization Manager']['Displays']


def shown() -> dict[str, str]:
    """Return the topics of all displays, each with the type that its display draws."""
    topics = {}
    for display in displays():
        topic = display.get('Topic') or display.get('Description Topic')
        if topic:
            topics[topic['Value']] = TYPES[display['Class'].rpartition('/')[2]]
    return topics


def test_every_kind_of_view_is_there():
    kinds = {display['Class'].rpartition('/')[2] for display in displays()}
    assert kinds >= {'RobotModel', 'Image', 'Camera', 'CameraInfo', 'Effort', 'MarkerArray', 'TF'}


def test_it_stands_in_the_base_frame_and_looks_at_the_camera_of_the_cell():
    options = yaml.safe_load(RVIZ.read_text())['Visualization Manager']['Global Options']
    assert options['Fixed Frame'] == CELL.robot.model.base_frame
    assert f'/{CELL.cameras[0].topic}/image_raw' in shown()


def test_what_it_shows_is_published_with_these_types(ros, tmp_path: Path):  # noqa: F811
    (tmp_path / 'stacks').mkdir()
    (tmp_path / 'stacks' / 'scene.yaml').write_text(STACK)
    for name in ('mujoco_bridge.yaml', 'action_filter.yaml'):
        (tmp_path / name).symlink_to(CONFIG / name)
    wanted = {topic: kind for topic, kind in shown().items() if topic not in OF_OTHERS}
    domain = int(os.environ['ROS_DOMAIN_ID'])
    with Stack(str(tmp_path / 'stacks' / 'scene.yaml'), tmp_path, domain, {}) as stack:
        node = rclpy.create_node('viewer')

        def are_there() -> bool:
            stack.check()
            return all(node.count_publishers(topic) for topic in wanted)

        wait_for(are_there, 300.0, f'publishers of {", ".join(wanted)}')
        found = dict(node.get_topic_names_and_types())
        node.destroy_node()
    assert {topic: found[topic] for topic in wanted} == {t: [k] for t, k in wanted.items()}
