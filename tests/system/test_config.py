"""The YAML files list every parameter, and nothing else; stack and launch start the same."""

import dataclasses
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.launch_entities import launched
from vla_action_filter.config import FilterConfig
from vla_calibration.capture.config import CaptureConfig
from vla_calibration.verify.config import VerifyConfig
from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.task import load_task
from vla_contract.schema import build, load_yaml
from vla_policy_server.config import PolicyServerConfig
from vla_rollout.deployment.config import SupervisorConfig
from vla_rollout.graph.stack import StackConfig
from vla_rollout.recording.config import RecorderConfig
from vla_sim_bridge.ros.bridge_config import BridgeConfig
from vla_sim_bridge.scene.simulated_task import simulated_task

ROOT = Path(__file__).parents[2]
NODES = {
    'mujoco_bridge': BridgeConfig,
    'policy_server': PolicyServerConfig,
    'action_filter': FilterConfig,
    'capture': CaptureConfig,
    'verify_calibration': VerifyConfig,
    'recorder': RecorderConfig,
    'supervisor': SupervisorConfig,
}


@pytest.mark.parametrize('node', NODES)
def test_a_nodes_yaml_lists_exactly_its_parameters_with_valid_values(node):
    values = load_yaml(ROOT / 'config' / f'{node}.yaml')['/**']['ros__parameters']
    assert list(values) == [field.name for field in dataclasses.fields(NODES[node])]
    assert build(NODES[node], values, node) == NODES[node](), 'YAML and code differ in a default'


@pytest.mark.parametrize(
    'path', sorted((ROOT / 'config' / 'cells').glob('*.yaml')), ids=lambda p: p.stem
)
def test_every_cell_is_valid(path):
    assert load_cell(str(path)).name == path.stem


@pytest.mark.parametrize(
    'path', sorted((ROOT / 'config' / 'tasks').glob('*.yaml')), ids=lambda p: p.stem
)
def test_every_task_is_valid(path):
    task = load_task(str(path))
    assert task.name == path.stem
    simulated_task(task)


@pytest.mark.parametrize(
    'path', sorted((ROOT / 'config' / 'dds').glob('*.xml')), ids=lambda p: p.stem
)
def test_every_dds_profile_is_well_formed(path):
    assert ElementTree.parse(path).getroot().tag.rsplit('}')[-1] in ('dds', 'CycloneDDS')


@pytest.mark.parametrize('driver', ['realsense2_camera', 'usb_cam'])
def test_camera_settings_are_parameters_of_any_node(driver):
    values = load_yaml(ROOT / 'config' / 'cameras' / f'{driver}.yaml')
    assert values['/**']['ros__parameters']


@pytest.mark.parametrize('name', ['sim', 'real_robot'])
def test_launch_starts_the_same_nodes_as_the_stack(name):
    launch = pytest.importorskip('launch')
    pytest.importorskip('launch_ros')
    from launch.launch_description_sources import PythonLaunchDescriptionSource
    from launch_ros.actions import Node

    stack = build(StackConfig, load_yaml(ROOT / 'config' / 'stacks' / f'{name}.yaml'), name)
    source = PythonLaunchDescriptionSource(str(ROOT / 'launch' / f'{name}.launch.py'))
    description = source.try_get_launch_description_without_context()
    context = launch.LaunchContext()
    nodes = {}
    for entity in launched(description):
        if isinstance(entity, launch.actions.DeclareLaunchArgument):
            entity.execute(context)
        elif isinstance(entity, Node) and entity.node_package.startswith('vla_'):
            entity._perform_substitutions(context)
            nodes[entity.node_name.split('/')[-1]] = (entity.node_package, entity.node_executable)
    modules = {p.name: p.module for p in stack.processes}
    assert set(nodes) == set(modules)
    for name, (package, executable) in nodes.items():
        setup = (ROOT / 'src' / package / 'setup.py').read_text()
        assert f"'{executable} = {modules[name]}:main'" in setup
