"""The small motion that checks joint order and latency, on the simulator behind the filter."""

import json
import os
from pathlib import Path
import subprocess
import sys

import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.ros import testing  # noqa: F401 - takes a ROS domain of its own
from vla_rollout.graph.stack import Stack

CONFIG = Path(__file__).parents[2] / 'config'
DOMAIN = int(os.environ['ROS_DOMAIN_ID'])
STACK = """processes:
  - {name: mujoco_bridge, module: vla_sim_bridge.ros.mujoco_bridge,
     parameters: mujoco_bridge.yaml}
  - {name: action_filter, module: vla_action_filter.ros.action_filter_node,
     parameters: action_filter.yaml}
"""


@pytest.fixture
def stack(tmp_path):
    """A simulator and a filter without a policy server."""
    (tmp_path / 'stacks').mkdir()
    (tmp_path / 'stacks' / 'robot.yaml').write_text(STACK)
    for name in ('mujoco_bridge.yaml', 'action_filter.yaml'):
        (tmp_path / name).symlink_to(CONFIG / name)
    with Stack(str(tmp_path / 'stacks' / 'robot.yaml'), tmp_path / 'logs', DOMAIN, {}) as stack:
        yield stack


def excite(tmp_path, *arguments):
    command = [sys.executable, '-m', 'vla_identification.joints.ros.excite_joints', *arguments]
    command += ['--output', str(tmp_path / 'motion.npz'), '--json', str(tmp_path / 'joints.json')]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, input='n\n', check=False
    )


def test_the_simulators_joints_obey_and_its_latency_is_that_of_its_servos(stack, tmp_path):
    result = excite(tmp_path, '--joint', 'panda_joint4', '--joint', 'panda_joint7', '--yes')
    assert result.returncode == 0, result.stdout + result.stderr
    figures = json.loads((tmp_path / 'joints.json').read_text())
    assert [joint['moved'] for joint in figures['joints']] == ['panda_joint4', 'panda_joint7']
    servo = load_cell('panda_table').robot.servo
    # A position servo lags by damping / stiffness; ticks, the filter and load add to it.
    lag_s = servo.damping / servo.stiffness
    assert lag_s - 0.02 < figures['robot_delay']['seconds'] < lag_s + 0.06
    # Images are stamped with the simulated time they show.
    assert abs(figures['image_delay']['seconds']) < 0.01

    refused = excite(tmp_path, '--joint', 'panda_joint4')
    assert refused.returncode == 2
    assert 'exists already; give --force' in refused.stderr
    asked = excite(tmp_path, '--joint', 'panda_joint4', '--force')
    assert asked.returncode == 1
    assert 'nothing was moved' in asked.stdout
