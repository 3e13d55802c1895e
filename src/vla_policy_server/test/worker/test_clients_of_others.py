import re
from typing import Any

import numpy as np
from openpi_client import msgpack_numpy
import pytest
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import NameMismatchError, PolicyError, UnknownNameError
from vla_contract.values import ActionChunk, Observation
from vla_policy_server.backends.remote_config import RemoteConfig, ROBOARENA
from vla_policy_server.wire.errors import MessageRefusedError
from vla_policy_server.worker.client_terms import terms_of_others
from vla_policy_server.worker.inference_engine import LocalEngine
from vla_policy_server.worker.policy_service import PolicyService
from websockets.sync.client import connect

EXTERIOR = 'observation/exterior_image_0_left'
STATE = np.array([0.0, 0.15, 0.0, -2.15, 0.0, 2.30, 0.785, 0.4])
IMAGE = np.random.default_rng(4).integers(0, 256, (288, 512, 3), dtype=np.uint8)


class Holding:
    """Stays where the arm was when its episode began; remembers what it saw."""

    needs_images = True
    needs_extras: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.seen: list[Observation] = []
        self.target: Any = None

    def infer(self, observation: Observation) -> ActionChunk:
        self.seen.append(observation)
        self.target = observation.state if self.target is None else self.target
        return ActionChunk(observation.stamp_ns, 10**8, np.tile(self.target, (4, 1)))

    def reset(self) -> None:
        self.target = None


class Client:
    """RoboArena's client, by the bytes of its policy_client.py; openpi's without the endpoint."""

    def __init__(self, url: str) -> None:
        self.connection = connect(url, compression=None, max_size=None, legacy=True)
        self.metadata = msgpack_numpy.unpackb(self.connection.recv())

    def ask(self, message: dict[str, Any]) -> Any:
        self.connection.send(msgpack_numpy.Packer().pack(message))
        answer = self.connection.recv()
        return answer if isinstance(answer, str) else msgpack_numpy.unpackb(answer)


def service(deployment: Deployment, policy: Holding, config: RemoteConfig) -> PolicyService:
    engine = LocalEngine(lambda: policy, 8)
    return PolicyService(deployment, engine, None, terms_of_others(deployment, engine, config))


def arena(**changes: Any) -> RemoteConfig:
    values = {'protocol': ROBOARENA, 'images': {'top': EXTERIOR}, **changes}
    return RemoteConfig('ws://127.0.0.1:1', **values)


def seen_by_droid(closing: float = 0.5) -> dict[str, Any]:
    return {
        EXTERIOR: IMAGE,
        'observation/joint_position': STATE[:7].astype(np.float32),
        'observation/cartesian_position': np.zeros(6, np.float32),
        'observation/gripper_position': np.array([closing], np.float32),
        'prompt': 'test',
        'session_id': '38DSA3hd3',
        'endpoint': 'infer',
    }


def test_roboarenas_client_is_told_its_configuration_and_nothing_else(serve, deployment):
    client = Client(serve(service(deployment, Holding(), arena())).url)
    assert client.metadata == {
        'image_resolution': None,  # the policy crops, and clients would pad
        'needs_wrist_camera': False,
        'n_external_cameras': 1,
        'needs_stereo_camera': False,
        'needs_session_id': False,
        'action_space': 'joint_position',
    }


def test_roboarenas_client_gets_actions_in_droids_units(serve, deployment):
    policy = Holding()
    client = Client(serve(service(deployment, policy, arena())).url)
    answer = client.ask(seen_by_droid(0.5))
    assert type(answer) is dict
    assert answer['actions'].shape == (4, 8)
    assert answer['actions'][0] == pytest.approx([*STATE[:7], 0.5], abs=1e-6)
    (seen,) = policy.seen
    joint = deployment.cell.joints[7]
    assert seen.state[7] == pytest.approx((joint.open + joint.closed) / 2, abs=1e-6)
    assert seen.images['top'].shape == (96, 96, 3)
    assert seen.instruction == 'test'


def test_a_reset_begins_an_episode_and_is_answered_by_a_text(serve, deployment):
    client = Client(serve(service(deployment, Holding(), arena())).url)
    opened = [client.ask(seen_by_droid(closing))['actions'][0, 7] for closing in (0.0, 1.0)]
    assert client.ask({'endpoint': 'reset'}) == 'reset successful'
    opened.append(client.ask(seen_by_droid(1.0))['actions'][0, 7])
    assert opened == pytest.approx([0.0, 0.0, 1.0], abs=1e-6)


def test_keys_of_an_openpi_client_are_those_of_the_remote(serve, deployment):
    names = deployment.cell.joint_names
    config = RemoteConfig(
        'ws://127.0.0.1:1',
        state={'state/gripper': names[7:], 'state/arm': names[:7]},
        images={'top': 'image'},
        prompt='task',
    )
    policy = Holding()
    client = Client(serve(service(deployment, policy, config)).url)
    assert client.metadata['observation_keys'] == ['state/gripper', 'state/arm', 'image', 'task']
    assert 'protocol' not in client.metadata
    sent = {'state/gripper': STATE[7:], 'state/arm': STATE[:7], 'image': IMAGE, 'task': 'lift'}
    assert client.ask(sent)['actions'][0] == pytest.approx(STATE)
    assert policy.seen[0].instruction == 'lift'
    del sent['image']
    assert 'image is missing; the message has' in client.ask(sent)


@pytest.mark.parametrize(
    ('key', 'value', 'reason'),
    [
        (EXTERIOR, IMAGE[:, :, 0], r'found uint8 \(288, 512\); allowed: uint8 \(H, W, 3\)'),
        ('observation/joint_position', STATE, r'found float64 \(8,\); allowed: 7 numbers'),
        ('observation/gripper_position', np.array([np.nan]), 'numbers that are not finite'),
        ('prompt', 3, 'prompt: found int; allowed: text'),
    ],
)
def test_what_cannot_be_used_is_one_sentence(serve, deployment, key, value, reason):
    client = Client(serve(service(deployment, Holding(), arena())).url)
    assert re.search(reason, client.ask({**seen_by_droid(), key: value}))


@pytest.mark.parametrize(
    ('changes', 'error', 'reason'),
    [
        ({'images': {}}, UnknownNameError, "camera 'top' is not in images of the keys"),
        ({'images': {'top': 'image'}}, PolicyError, 'images of a roboarena worker: found image;'),
        ({'state': {'a': ('panda_joint1',)}}, NameMismatchError, 'state keys: joints: missing'),
    ],
)
def test_keys_that_do_not_fit_are_refused_before_anyone_connects(
    deployment, changes, error, reason
):
    with pytest.raises(error, match=reason):
        service(deployment, Holding(), arena(**changes))


def test_images_in_a_map_with_colour_first_are_read_as_openpis_aloha_sends_them(deployment):
    config = RemoteConfig(
        'ws://127.0.0.1:1',
        state={'state': ()},
        images={'top': 'cam_high'},
        images_in='images',
        image_layout='chw',
    )
    read = terms_of_others(deployment, LocalEngine(Holding, 1), config).read
    image = np.ascontiguousarray(IMAGE.transpose(2, 0, 1))
    message = {'state': STATE, 'images': {'cam_high': image}, 'prompt': 'test'}
    beside = RemoteConfig('ws://127.0.0.1:1', state={'state': ()}, images={'top': 'cam_high'})
    plain = terms_of_others(deployment, LocalEngine(Holding, 1), beside).read
    expected = plain({'state': STATE, 'cam_high': IMAGE, 'prompt': 'test'}, 5)
    found = read(message, 5)
    assert np.array_equal(found.images['top'], expected.images['top'])
    assert np.array_equal(found.state, expected.state)
    with pytest.raises(MessageRefusedError, match=r'cam_high: found uint8 .*; allowed: uint8 \(3'):
        read({**message, 'images': {'cam_high': IMAGE}}, 5)
    with pytest.raises(MessageRefusedError, match='images: found list; allowed: a map'):
        read({**message, 'images': [image]}, 5)
