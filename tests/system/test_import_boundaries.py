"""Only files under ros/ import ROS, and packages import only what the design allows."""

import ast
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path
import re

import pytest

SRC = Path(__file__).parents[2] / 'src'
ALLOWED = {
    'vla_contract': set(),
    'vla_lerobot': {'vla_contract'},
    'vla_calibration': {'vla_contract'},
    'vla_action_filter': {'vla_contract'},
    'vla_policy_server': {'vla_contract', 'vla_lerobot'},
    'vla_sim_bridge': {'vla_contract', 'vla_lerobot'},
    'vla_identification': {'vla_contract', 'vla_sim_bridge'},
    'vla_teleop': {'vla_contract', 'vla_lerobot'},
    'vla_finetune': {'vla_contract', 'vla_lerobot', 'vla_sim_bridge'},
    'vla_rollout': {
        'vla_contract',
        'vla_lerobot',
        'vla_calibration',
        'vla_identification',
        'vla_policy_server',
        'vla_action_filter',
        'vla_sim_bridge',
        'vla_teleop',
    },
    # What LeRobot calls: the robot is a client of the graph; the simulator's episodes are those of
    # vla_rollout, filter and buffer included.
    'lerobot_robot_vla_deploy': {'vla_contract', 'vla_lerobot'},
    'lerobot_env_vla_deploy': {'vla_contract', 'vla_lerobot', 'vla_rollout', 'vla_sim_bridge'},
}
# LeRobot finds a robot's class beside its config, and imports all of them: this one imports ROS
# when it is connected.
DOORS = {'lerobot_robot_vla_deploy/vla_deploy.py'}
MOST_MODULES = 16
# Whose ros/ others may import.
SHARED_ROS = {'vla_contract', 'vla_identification'}
ROS = {
    'rclpy',
    'launch',
    'launch_ros',
    'tf2_ros',
    'ament_index_python',
    'cv_bridge',
    'rcl_interfaces',
}
MODULES = sorted(path for name in ALLOWED for path in (SRC / name / name).rglob('*.py'))


_NAMED = re.compile(rf'(?:{"|".join(ALLOWED)})(?:\.\w+)+(?::\w+)?')


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, or names: for a subprocess, or as a plug-in."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f'{node.module}.{alias.name}' for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names |= {node.value.partition(':')[0]} if _NAMED.fullmatch(node.value) else set()
    return names


def is_ros(name: str) -> bool:
    top = name.split('.')[0]
    return (
        top in ROS or top.endswith('_msgs') or top.endswith('_srvs') or top == 'builtin_interfaces'
    )


def test_there_are_modules_to_check():
    assert len(MODULES) > 50


def test_a_folder_holds_few_modules():
    folders = Counter(path.parent for path in SRC.rglob('*.py'))
    assert {folder: count for folder, count in folders.items() if count > MOST_MODULES} == {}


@pytest.mark.parametrize('path', MODULES, ids=lambda path: str(path.relative_to(SRC)))
def test_module_respects_the_boundaries(path):
    package, _, *rest = path.relative_to(SRC).parts
    in_ros = 'ros' in rest[:-1] or '/'.join((package, *rest)) in DOORS
    for name in imported(path):
        assert in_ros or not is_ros(name), f'{name} outside ros/'
        parts = name.split('.')
        if parts[0] not in ALLOWED:
            continue
        if parts[0] != package:
            assert parts[0] in ALLOWED[package], f'{package} may not import {parts[0]}'
            is_theirs = 'ros' in parts and parts[0] not in SHARED_ROS
            assert not is_theirs, f'{name} is for ROS nodes of another package'
        assert in_ros or 'ros' not in parts, f'{name} imported outside ros/'


def test_no_cycle_between_files():
    names = {'.'.join(path.relative_to(SRC).parts[1:])[:-3]: path for path in MODULES}
    graph = {name: (imported(path) & names.keys()) - {name} for name, path in names.items()}
    assert list(TopologicalSorter(graph).static_order())
