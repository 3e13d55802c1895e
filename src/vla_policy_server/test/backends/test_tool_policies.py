"""Policies that see where the tool is, and say where it is to be, behind every backend."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_checkpoints import deployment_of, write_checkpoint
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.deployment.policy_file import check_policy_file
from vla_contract.errors import PolicyError
from vla_contract.kinematics.tool_kinematics import ToolKinematics
from vla_contract.values import Observation
from vla_contract.vectors.component import Component
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.features import FeatureEncoder, STATE
from vla_policy_server.actions.action_space import make_action_space
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.backends.remote import RemotePolicy
from vla_policy_server.backends.remote_config import RemoteConfig
from vla_policy_server.wire.observation_message import (
    ObservationReader,
    ObservationWriter,
    policy_keys,
)
from vla_policy_server.wire.observation_message import STATE as SENT
from vla_policy_server.worker.inference_engine import LocalEngine
from vla_policy_server.worker.policy_service import PolicyService

FINGER = 'robotiq_85_left_knuckle_joint'
POSE = Component('tool_pose', tool='gripper', rotation='rpy', near_rpy_deg=(180.0, 0.0, 0.0))


def of_tools(deployment: Deployment, quantity: str = 'tool_pose') -> Deployment:
    """Return a deployment whose policy sees a tool's pose, and answers with poses or moves."""
    action = replace(POSE, quantity=quantity)
    if quantity == 'tool_delta':
        action = replace(action, near_rpy_deg=None, scale=0.01, rotation_scale=0.01)
    fingers = Component(joints=(FINGER,))
    policy = replace(deployment.policy, state=(POSE, fingers), action=(action, fingers))
    return replace(deployment, policy=check_policy_file(policy, deployment.cell, 'own'))


@pytest.fixture
def seen(deployment) -> Observation:
    image = np.random.default_rng(0).integers(0, 256, (384, 384, 3), np.uint8)
    return Observation(5, deployment.cell.home + 0.1, {'top': image}, 'lift')


def test_a_worker_sees_the_state_that_a_policy_beside_the_robot_would(deployment, seen):
    tools = of_tools(deployment)
    message = ObservationWriter(tools, policy_keys(tools)).write(seen)
    assert message[SENT] == pytest.approx(seen.state, abs=1e-15)
    read = ObservationReader(tools, True, ()).read(message, 5)
    encode = FeatureEncoder(tools)
    assert encode(read)[STATE].shape == (7,)
    assert np.array_equal(encode(read)[STATE], encode(seen)[STATE])


def test_a_server_of_others_is_sent_what_its_checkpoint_sees(tmp_path, seen):
    path = tmp_path / 'own.yaml'
    path.write_text('schema: 1\nname: own\nrate_hz: 10.0\nbackend: hold\npreset: libero\n')
    deployment = load_deployment(policy=str(path))
    names = deployment.policy.state_names
    keys = RemoteConfig('ws://localhost:1', state={'observation/state': names}).keys(deployment)
    sent = ObservationWriter(deployment, keys).write(seen)['observation/state']
    assert sent == pytest.approx(VectorCodec(deployment).encode(seen.state), abs=0)
    assert sent.shape == (8,)


def test_answers_of_a_server_become_joints(deployment, seen):
    tools = of_tools(deployment)
    space = make_action_space(tools, 'tool_pose')
    assert space.width == 7
    path = seen.state + np.linspace(0.0, 0.05, 5)[:, None]
    joints = space.to_joints(VectorCodec(tools).encode_actions(path, seen.state), seen.state)
    kinematics, tool = ToolKinematics(tools.cell), tools.cell.robot.tool
    assert np.abs(kinematics.poses(tool, joints) - kinematics.poses(tool, path)).max() < 1e-5
    with pytest.raises(
        PolicyError, match='the policy answers with joint_velocity, the file .* says'
    ):
        make_action_space(tools, 'joint_velocity')


@pytest.mark.parametrize('quantity', ['tool_pose', 'tool_delta'])
def test_a_checkpoint_of_lerobot_moves_its_tool_here_and_in_a_worker(
    deployment, seen, tmp_path, serve, quantity
):
    tools = of_tools(deployment_of(deployment, tmp_path / 'tiny'), quantity)
    write_checkpoint(tools, 'act', tmp_path / 'tiny')
    policy = make_policy(tools, 'cpu')
    positions = policy.infer(seen).positions
    is_move = quantity == 'tool_delta'
    assert positions.shape == (12 + is_move, 8)
    assert np.isfinite(positions).all()
    if is_move:
        assert np.array_equal(positions[0, :7], seen.state[:7])
    engine = LocalEngine(lambda: policy, max_batch=1)
    remote = RemotePolicy(tools, RemoteConfig(serve(PolicyService(tools, engine)).url))
    assert remote.infer(seen).positions == pytest.approx(positions, abs=1e-9)
    remote.close()
    engine.close()
