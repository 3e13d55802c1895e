from dataclasses import replace

from lerobot_pickles import unpickled
import numpy as np
from policy_changes import with_policy
import pytest
from vla_contract.errors import PolicyError
from vla_contract.values import Observation, to_ns
from vla_policy_server.wire.errors import WireError
from vla_policy_server.wire.lerobot.messages import (
    LeRobotWriter,
    ServedCheckpoint,
    write_instructions,
)
from vla_policy_server.wire.lerobot.protobuf import actions_data, observation_parts, policy_setup

STATE = np.array([0.0, 0.15, 0.0, -2.15, 0.0, 2.30, 0.785, 0.1])
IMAGE = np.random.default_rng(4).integers(0, 256, (384, 384, 3), dtype=np.uint8)
SEEN = Observation(to_ns(3.0), STATE, {'top': IMAGE}, 'lift the cube')


def test_an_observation_is_what_the_server_looks_up_by_its_features(deployment):
    writer = LeRobotWriter(deployment)
    sent = unpickled(writer.write(SEEN, 4, 3.0))
    assert (sent['timestep'], sent['timestamp'], sent['must_go']) == (4, 3.0, True)
    seen = sent['observation']
    assert seen['task'] == 'lift the cube'
    state = writer.features['observation.state']
    assert [seen[name] for name in state['names']] == pytest.approx(STATE, abs=1e-6)
    camera = deployment.policy.cameras[0]
    assert seen['top'].shape == (camera.height, camera.width, 3)


def test_a_camera_of_the_name_of_a_joint_does_not_take_its_place(deployment):
    joint = deployment.cell.joint_names[0]
    camera = replace(deployment.policy.cameras[0], feature=f'observation.images.{joint}')
    writer = LeRobotWriter(with_policy(deployment, cameras=(camera,)))
    sent = unpickled(writer.write(SEEN, 1, 3.0))['observation']
    names = writer.features['observation.state']['names']
    assert all(isinstance(sent[name], float) for name in names)
    assert sent[joint].ndim == 3


def test_an_image_without_a_name_in_the_protocol_is_refused(deployment):
    camera = replace(deployment.policy.cameras[0], feature='observation.image')
    with pytest.raises(PolicyError, match=r"'observation\.image' .* allowed: observation\.images"):
        LeRobotWriter(with_policy(deployment, cameras=(camera,)))


def test_the_server_is_told_what_to_load(deployment):
    served = ServedCheckpoint('act', 'me/act_so101', 'cuda', 30)
    features = LeRobotWriter(deployment).features
    sent = unpickled(write_instructions(served, features))
    assert sent == {
        'policy_type': 'act',
        'pretrained_name_or_path': 'me/act_so101',
        'device': 'cuda',
        'actions_per_chunk': 30,
        'lerobot_features': features,
        'rename_map': {},
    }


@pytest.mark.parametrize('size', [0, 1, 127, 128, 70_000, 2 * 2**20, 5 * 2**20])
def test_messages_are_those_of_the_protocol(size):
    pytest.importorskip('grpc')
    from lerobot.transport import services_pb2

    data = np.random.default_rng(size).bytes(size)
    assert services_pb2.PolicySetup.FromString(policy_setup(data)).data == data
    parts = [services_pb2.Observation.FromString(part) for part in observation_parts(data)]
    assert b''.join(part.data for part in parts) == data
    kinds = [services_pb2.TransferState.Name(part.transfer_state) for part in parts]
    count = -(-size // (2 * 2**20))
    begin, middle = ['TRANSFER_BEGIN'], ['TRANSFER_MIDDLE']
    assert kinds == [*begin, *middle * (count - 2)][: count - 1] + ['TRANSFER_END'] * (count > 0)
    assert actions_data(services_pb2.Actions(data=data).SerializeToString()) == data


@pytest.mark.parametrize(
    'message', [b'\x0a', b'\x0a\x05x', b'\x0a\x00x', b'\x12\x01x', b'\x0a' + b'\xff' * 8, b'no']
)
def test_another_message_is_refused(message):
    with pytest.raises(WireError, match='no message Actions'):
        actions_data(message)
