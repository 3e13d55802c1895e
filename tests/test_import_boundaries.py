"""Only files under ros/ import ROS, and packages import only what the design allows."""

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parent.parent / 'src'
ALLOWED = {
    'vla_contract': set(),
    'vla_calibration': {'vla_contract'},
    'vla_policy_server': {'vla_contract'},
    'vla_action_filter': {'vla_contract'},
    'vla_sim_bridge': {'vla_contract'},
    'vla_rollout': {
        'vla_contract',
        'vla_calibration',
        'vla_policy_server',
        'vla_action_filter',
        'vla_sim_bridge',
    },
    'vla_finetune': {'vla_contract', 'vla_sim_bridge'},
}
ROS = {
    'rclpy',
    'launch',
    'launch_ros',
    'tf2_ros',
    'ament_index_python',
    'cv_bridge',
    'rcl_interfaces',
}
MODULES = sorted(
    path for path in SRC.glob('*/vla_*/**/*.py') if path.relative_to(SRC).parts[1] != 'test'
)


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def is_ros(name: str) -> bool:
    top = name.split('.')[0]
    return (
        top in ROS or top.endswith('_msgs') or top.endswith('_srvs') or top == 'builtin_interfaces'
    )


def test_there_are_modules_to_check():
    assert len(MODULES) > 50


@pytest.mark.parametrize('path', MODULES, ids=lambda path: str(path.relative_to(SRC)))
def test_module_respects_the_boundaries(path):
    package, _, *rest = path.relative_to(SRC).parts
    in_ros = rest[0] == 'ros'
    for name in imported(path):
        assert in_ros or not is_ros(name), f'{name} outside ros/'
        parts = name.split('.')
        if parts[0].startswith('vla_') and parts[0] != package:
            assert parts[0] in ALLOWED[package], f'{package} may not import {parts[0]}'
            foreign_ros = len(parts) > 1 and parts[1] == 'ros'
            assert not foreign_ros or parts[0] == 'vla_contract', f'{name} is another ros/'
        if parts[:2] == [package, 'ros']:
            assert in_ros, f'{name} imported outside ros/'
