from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
import threading
from typing import Any

import numpy as np
from openpi_client.websocket_client_policy import WebsocketClientPolicy
import pytest
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.values import ActionChunk, Image, Observation
from vla_contract.vectors.component import Component
from vla_lerobot.images import fit_for_policy
from vla_policy_server.backends.remote import RemotePolicy
from vla_policy_server.backends.remote_config import RemoteConfig
from vla_policy_server.serving.session import infer_checked
from vla_policy_server.wire.errors import MessageRefusedError
from vla_policy_server.wire.observation_message import (
    ObservationReader,
    ObservationWriter,
    policy_keys,
)
from vla_policy_server.wire.request import Request
from vla_policy_server.worker.inference_engine import infer_together, LocalEngine
from vla_policy_server.worker.policy_service import PolicyService

RNG = np.random.default_rng(3)
IMAGE: Image = RNG.integers(0, 256, (384, 384, 3), dtype=np.uint8)


def in_degrees(deployment: Deployment, quantity: str = 'joint_position') -> Deployment:
    """Return the deployment with a policy that counts in degrees; its gripper stays."""
    *arm, gripper = deployment.policy.state_names
    turned, rest = Component(joints=tuple(arm), unit='deg'), Component(joints=(gripper,))
    action = (replace(turned, quantity=quantity), rest)
    policy = replace(deployment.policy, state=(turned, rest), action=action)
    return replace(deployment, policy=policy)


class CountingPolicy:
    """Remembers how often it was asked: a policy with a memory."""

    needs_images = False
    needs_extras: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.count = 0

    def infer(self, observation: Observation) -> ActionChunk:
        self.count += 1
        return ActionChunk(observation.stamp_ns, 10**8, observation.state[None] + self.count)

    def reset(self) -> None:
        self.count = 0


class SharedPolicy:
    """Repeats the state: a policy without a memory, which dislikes negative numbers."""

    needs_images = False
    needs_extras: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.batches: list[int] = []

    def infer(self, observation: Observation) -> ActionChunk:
        if observation.state[0] < 0:
            raise ValueError('negative')
        return ActionChunk(observation.stamp_ns, 10**8, observation.state[None])

    def infer_batch(self, observations: Sequence[Observation]) -> list[ActionChunk]:
        self.batches.append(len(observations))
        return [self.infer(observation) for observation in observations]

    def reset(self) -> None:
        raise AssertionError('other robots use it too')


def service(deployment: Deployment, load) -> PolicyService:
    return PolicyService(deployment, LocalEngine(load, max_batch=8, max_policies=24))


def message(value: float, **terms: Any) -> dict[str, Any]:
    return Request(**terms).write({'observation.state': np.full(8, value)})


def client(server) -> WebsocketClientPolicy:
    return WebsocketClientPolicy('127.0.0.1', server.port)


def test_a_client_learns_what_is_served(serve, deployment):
    metadata = client(serve(service(deployment, CountingPolicy))).get_server_metadata()
    assert metadata['cell_sha256'] == deployment.cell.sha256
    assert metadata['joint_names'] == list(deployment.cell.joint_names)
    assert metadata['action_kind'] == 'joint_position'
    assert (metadata['policy'], metadata['backend']) == ('panda_lift_act', 'lerobot')


def test_openpis_client_needs_no_terms(serve, deployment):
    answer = client(serve(service(deployment, CountingPolicy))).infer(
        {'observation.state': np.zeros(8, np.float32), 'prompt': 'lift'}
    )
    assert answer['actions'].tolist() == [[1.0] * 8]
    assert answer['server_timing']['infer_ms'] > 0


def test_24_robots_each_have_a_policy_and_answers_of_their_own(serve, deployment):
    server = serve(service(deployment, CountingPolicy))
    together = threading.Barrier(24)

    def robot(number: int) -> list[float]:
        policy = client(server)
        together.wait(20.0)
        return [policy.infer(message(100.0 * number, id=k))['actions'][0, 0] for k in range(10)]

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(robot, range(24)))
    assert answers == [[100.0 * n + k for k in range(1, 11)] for n in range(24)]


def test_24_robots_share_a_policy_without_memory_in_batches(serve, deployment):
    policy = SharedPolicy()
    server = serve(service(deployment, lambda: policy))
    together = threading.Barrier(24)

    def robot(number: int) -> bool:
        asked = client(server)
        together.wait(20.0)
        sent = [1000.0 * number + k for k in range(10)]
        return [asked.infer(message(value))['actions'][0, 7] for value in sent] == sent

    with ThreadPoolExecutor(24) as pool:
        assert all(pool.map(robot, range(24)))
    assert 1 < max(policy.batches) <= 8


def test_one_robots_bad_observation_is_not_anothers_problem():
    observations = [Observation(k, np.full(8, k - 1.0), {}, '') for k in range(3)]
    bad, *good = infer_together(SharedPolicy(), observations)
    assert bad == 'policy raised ValueError: negative'
    assert [chunk.positions[0, 0] for chunk in good] == [0.0, 1.0]


def test_an_episode_starts_with_a_connection_and_when_the_robot_says_so(serve, deployment):
    loaded: list[CountingPolicy] = []

    def load() -> CountingPolicy:
        loaded.append(CountingPolicy())
        return loaded[-1]

    server = serve(service(deployment, load))
    terms = [{}, {}, {'starts_episode': True}, {}]
    for _ in range(2):
        asked = client(server)
        counts = [asked.infer(message(0.0, **term))['actions'][0, 0] for term in terms]
        assert counts == [1, 2, 1, 2]
        asked._ws.close()
    assert len(loaded) <= 2


def test_a_robot_that_no_longer_waits_does_not_cost_another_copy(serve, deployment):
    loaded: list[CountingPolicy] = []
    release = threading.Event()

    class Slow(CountingPolicy):
        def infer(self, observation: Observation) -> ActionChunk:
            release.wait(10.0)
            return super().infer(observation)

    def load() -> CountingPolicy:
        loaded.append(Slow())
        return loaded[-1]

    url = serve(service(deployment, load)).url
    config = RemoteConfig(url, answer_within_s=0.1, first_answer_within_s=0.1)
    robot = RemotePolicy(deployment, config)
    seen = Observation(0, deployment.cell.home, {}, 'go')
    for _ in range(6):
        assert 'did not answer within 0.1 s' in str(infer_checked(robot, seen))
    release.set()
    robot.close()
    assert len(loaded) == 1


def test_a_robot_is_greeted_while_its_copy_is_loaded(serve, deployment):
    release, begun = threading.Event(), threading.Event()
    loads = iter([lambda: None, lambda: begun.set() or release.wait(10.0)])

    def load() -> CountingPolicy:
        next(loads)()
        return CountingPolicy()

    server = serve(service(deployment, load))
    first, second = client(server), client(server)
    first.infer(message(0.0))
    assert not begun.is_set()
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(second.infer, message(0.0))
        assert begun.wait(10.0)
        assert first.infer(message(0.0))['actions'][0, 0] == 2.0
        release.set()
        assert asking.result(10.0)['actions'][0, 0] == 1.0


def test_an_observation_whose_time_has_passed_is_not_worked_on(serve, deployment):
    asked = client(serve(service(deployment, CountingPolicy)))
    with pytest.raises(RuntimeError, match='deadline passed before the turn'):
        asked.infer(message(0.0, patience_s=0.0))
    assert asked.infer(message(0.0))['actions'][0, 0] == 1.0


def test_the_terms_of_a_request_come_back(serve, deployment):
    asked = client(serve(service(deployment, CountingPolicy)))
    chunk = asked.infer(message(0.0, id=41, stamp_ns=7))['chunk']
    assert chunk == {'id': 41, 'stamp_ns': 7, 'period_ns': 10**8}


@pytest.mark.parametrize(
    'terms',
    [1, {'id': 1.5}, {'id': True}, {'stamp_ns': 'now'}, {'priority': 1}, {'patience_s': -1.0},
     {'patience_s': float('nan')}, {'patience_s': 1e9}],
)  # fmt: skip
def test_unknown_terms_are_refused(serve, deployment, terms):
    asked = client(serve(service(deployment, CountingPolicy)))
    with pytest.raises(RuntimeError, match='request: .*allowed'):
        asked.infer({'observation.state': np.zeros(8), 'request': terms})


def test_an_observation_survives_the_way_and_images_are_fitted_once(deployment):
    observation = Observation(
        5, RNG.normal(size=8), {'top': IMAGE}, 'lift', {'cube': RNG.random(7)}
    )
    written = ObservationWriter(deployment, policy_keys(deployment)).write(observation)
    read = ObservationReader(deployment, True, ('cube',)).read(written, 5)
    assert (read.state == observation.state).all()
    assert (read.extras['cube'] == observation.extras['cube']).all()
    assert read.instruction == 'lift'
    camera = deployment.policy.cameras[0]
    assert read.images['top'].shape == (camera.height, camera.width, 3)
    assert (fit_for_policy(read.images['top'], camera) == fit_for_policy(IMAGE, camera)).all()


GOOD = {
    'observation.state': np.zeros(8),
    'observation.images.top': IMAGE,
    'prompt': 'lift',
    'extras/cube': np.zeros(7),
}


@pytest.mark.parametrize(
    ('key', 'value', 'reason'),
    [
        ('observation.state', None, 'observation.state is missing; the message has'),
        ('observation.state', np.zeros(7), r'found float64 \(7,\); allowed: 8 numbers'),
        ('observation.state', np.zeros((8, 1)), 'allowed: 8 numbers'),
        ('observation.state', np.full(8, np.nan), 'not finite'),
        ('observation.state', np.zeros(8, bool), 'allowed: 8 numbers'),
        ('observation.state', [0.0] * 7, 'found list; allowed: 8 numbers'),
        ('observation.state', [0.0] * 7 + ['0'], 'found list; allowed: 8 numbers'),
        ('observation.state', np.zeros((2, 8)), 'allowed: 8 numbers'),
        ('observation.images.top', None, 'observation.images.top is missing'),
        ('observation.images.top', IMAGE[:, :10], r'uint8 \(384, 384, 3\) or \(96, 96, 3\)'),
        ('observation.images.top', IMAGE.astype(np.float32), 'found float32 from 0 to 255; allow'),
        (
            'observation.images.top',
            IMAGE / np.nan,
            'found float64 from nan to nan; allowed: uint8',
        ),
        ('observation.images.top', IMAGE.astype(np.int16), 'found int16'),
        ('prompt', 3, 'prompt: found int; allowed: text'),
        ('prompt', ['a', 'b'], 'prompt: found list; allowed: text'),
        ('prompt', b'\xff', 'prompt: found bytes that are not UTF-8'),
        ('extras/cube', None, 'extras/cube is missing'),
        ('extras/cube', 'here', 'allowed: any number of numbers'),
    ],
)
def test_an_observation_that_does_not_fit_is_refused(deployment, key, value, reason):
    changed = {name: kept for name, kept in GOOD.items() if name != key}
    if value is not None:
        changed[key] = value
    reader = ObservationReader(deployment, True, ('cube',))
    assert reader.read(GOOD, 0).instruction == 'lift'
    with pytest.raises(MessageRefusedError, match=reason):
        reader.read(changed, 0)


@pytest.mark.parametrize(
    ('key', 'value'),
    [
        ('observation.state', [0] * 8),
        ('observation.state', np.zeros((1, 8))),
        ('observation.images.top', IMAGE[None]),
        ('observation.images.top', IMAGE.astype(np.float32) / 255),
        ('observation.images.top', IMAGE.astype(np.float64) / 255),
        ('prompt', b'lift'),
        ('prompt', ['lift']),
    ],
)
def test_what_other_clients_send_is_the_same_observation(deployment, key, value):
    reader = ObservationReader(deployment, True, ('cube',))
    read, wanted = reader.read({**GOOD, key: value}, 0), reader.read(GOOD, 0)
    assert (read.state == wanted.state).all()
    assert (read.images['top'] == wanted.images['top']).all()
    assert read.instruction == wanted.instruction


def test_state_and_actions_are_in_the_policys_units(deployment, serve):
    degrees = in_degrees(deployment)
    server = serve(service(degrees, CountingPolicy))
    about = client(server).get_server_metadata()
    assert about['state_units'] == about['action_units'] == ['deg'] * 7 + ['rad']
    answer = client(server).infer(message(np.rad2deg(0.5)))
    # The policy adds 1 rad to each joint.
    assert answer['actions'][0, :7] == pytest.approx(np.rad2deg(1.5))
    assert answer['actions'][0, 7] == pytest.approx(np.rad2deg(0.5) + 1.0)


def test_what_moves_have_become_is_in_radians(deployment, serve):
    server = serve(service(in_degrees(deployment, 'joint_velocity'), CountingPolicy))
    answer = client(server).infer(message(np.rad2deg(0.5)))
    assert answer['actions'][0, :7] == pytest.approx(1.5)


def test_a_robot_of_ours_gets_back_what_the_policy_means(deployment, serve):
    for own in (deployment, in_degrees(deployment), in_degrees(deployment, 'joint_velocity')):
        url = serve(service(own, CountingPolicy)).url
        remote = RemotePolicy(own, RemoteConfig(url))
        seen = Observation(0, deployment.cell.home, {}, 'go')
        assert remote.infer(seen).positions == pytest.approx(deployment.cell.home[None] + 1.0)
        remote.close()


def test_a_robot_with_other_units_is_refused(deployment, serve):
    url = serve(service(in_degrees(deployment), CountingPolicy)).url
    with pytest.raises(PolicyError, match='state_units: found .*deg.* use the same policy file'):
        RemotePolicy(deployment, RemoteConfig(url))
