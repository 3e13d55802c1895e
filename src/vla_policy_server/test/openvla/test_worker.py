"""The worker over the wire, and what it may import where OpenVLA lives."""

import ast
from pathlib import Path
import subprocess
import sys

import numpy as np
from openpi_client.websocket_client_policy import WebsocketClientPolicy
from policy_changes import with_policy
import pytest
from tiny_openvla import TinyOpenVla, TinyProcessor
from vla_contract.deployment.end_effector import EndEffectorDelta
from vla_contract.deployment.policy_file import Component
from vla_contract.kinematics.inverse_kinematics import InverseKinematics
from vla_contract.values import Observation
from vla_policy_server.backends.remote import RemotePolicy
from vla_policy_server.backends.remote_config import RemoteConfig
from vla_policy_server.openvla.policy import OpenVlaPolicy, OpenVlaSettings
from vla_policy_server.openvla.service import OpenVlaService

IMAGE = np.full((64, 64, 3), (255, 128, 0), np.uint8)


@pytest.fixture
def server(serve):
    policy = OpenVlaPolicy(TinyOpenVla(), TinyProcessor(), OpenVlaSettings('bridge_orig'))
    return serve(OpenVlaService(policy, {'policy': 'tiny'}))


def test_openpis_client_gets_one_action(server):
    client = WebsocketClientPolicy('127.0.0.1', server.port)
    assert client.get_server_metadata()['action_kind'] == 'end_effector_delta'
    answer = client.infer({'observation/image': IMAGE, 'prompt': 'lift'})
    assert answer['actions'].shape == (1, 7)
    assert answer['actions'][0, :3] == pytest.approx([0.03, 0.0, -0.05], abs=1e-3)
    assert answer['server_timing']['infer_ms'] > 0


@pytest.mark.parametrize(
    ('message', 'reason'),
    [
        ({}, 'observation/image is missing'),
        ({'observation/image': IMAGE[0]}, r'uint8 \(H, W, 3\)'),
        ({'observation/image': IMAGE[:8]}, r'uint8 \(H, W, 3\)'),
        ({'observation/image': IMAGE.astype(float)}, 'found float64'),
        ({'observation/image': IMAGE, 'prompt': 1}, 'prompt: found int'),
        ({'observation/image': IMAGE, 'request': {'patience_s': 0.0}}, 'deadline passed'),
    ],
)
def test_what_is_no_question_is_refused(server, message, reason):
    client = WebsocketClientPolicy('127.0.0.1', server.port)
    with pytest.raises(RuntimeError, match=reason):
        client.infer(message)
    assert client.infer({'observation/image': IMAGE})['actions'].shape == (1, 7)


def test_a_robot_moves_its_tool_as_openvla_says(server, deployment):
    cell = deployment.cell
    moves = Component('end_effector_delta', cell.joint_names, EndEffectorDelta())
    robot = with_policy(deployment, action=(moves,))
    config = RemoteConfig(server.url, state={}, images={'top': 'observation/image'})
    home = cell.home
    image = np.broadcast_to(IMAGE[0, 0], (384, 384, 3)).copy()
    chunk = RemotePolicy(robot, config).infer(Observation(9, home, {'top': image}, 'lift'))
    assert chunk.stamp_ns == 9
    assert chunk.positions.shape == (1, 8)
    kinematics = InverseKinematics(cell, 10.0)
    moved = kinematics.tool_pose(chunk.positions[0, :7]) - kinematics.tool_pose(home[:7])
    assert moved[:3, 3] == pytest.approx([0.03, 0.0, -0.05], abs=1e-3)
    assert chunk.positions[0, 7] == pytest.approx(0.0, abs=0.004)  # 1 is open


ISOLATED = """
import sys

ALLOWED = {'numpy', 'websockets', 'msgpack', 'torch', 'transformers', 'PIL', 'vla_contract',
           'vla_policy_server', *sys.stdlib_module_names}

class Environment:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] not in ALLOWED:
            raise ModuleNotFoundError(f'{name} is not in this environment')

sys.meta_path.insert(0, Environment())
import vla_policy_server.openvla.worker
print(*[m.__file__ for n, m in sys.modules.items() if n.startswith('vla_')])
"""


@pytest.fixture(scope='module')
def loaded_files() -> list[Path]:
    """Return our files that the worker imports where only its own requirements are."""
    output = subprocess.check_output([sys.executable, '-c', ISOLATED], text=True)
    return [Path(name) for name in output.split()]


def test_the_worker_needs_nothing_that_its_environment_lacks(loaded_files):
    assert len(loaded_files) > 12


def test_the_worker_is_written_in_the_python_of_its_environment(loaded_files):
    for file in loaded_files:
        ast.parse(file.read_text(), feature_version=(3, 11))


def test_a_network_without_a_token_is_refused_before_anything_is_loaded():
    command = [sys.executable, '-m', 'vla_policy_server.openvla.worker', '--model', 'none']
    result = subprocess.run([*command, '--host', '0.0.0.0'], capture_output=True, text=True)
    assert result.returncode == 2
    assert 'there is no token' in result.stderr
    assert len(result.stderr.splitlines()) == 1
