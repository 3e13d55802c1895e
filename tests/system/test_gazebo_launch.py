"""launch/gazebo.launch.py starts what stands between the exported world and the policy."""

from pathlib import Path

import pytest
from support.launch_entities import launched

FILE = Path(__file__).parents[2] / 'launch' / 'gazebo.launch.py'


def test_it_starts_the_bridge_and_the_same_nodes_as_with_mujoco():
    launch = pytest.importorskip('launch')
    pytest.importorskip('launch_ros')
    from launch.launch_description_sources import PythonLaunchDescriptionSource
    from launch_ros.actions import Node

    source = PythonLaunchDescriptionSource(str(FILE))
    entities = list(launched(source.try_get_launch_description_without_context()))
    nodes = {entity.node_executable for entity in entities if isinstance(entity, Node)}
    assert nodes == {'parameter_bridge', 'action_filter', 'policy_server'}
    arguments = [e for e in entities if isinstance(e, launch.actions.DeclareLaunchArgument)]
    assert {argument.name for argument in arguments} == {
        'folder',
        'deployment',
        'cell',
        'policy',
        'task',
        'backend',
        'urdf',
        'monitor',
        'namespace',
    }
