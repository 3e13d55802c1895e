from dataclasses import replace
import socket
import threading
from typing import Any

from gr00t_server import Config, ENDS, gr00t_server
import numpy as np
from policy_changes import with_policy
import pytest
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.errors import NameMismatchError, PolicyError, UnknownNameError
from vla_contract.observation_history import with_earlier
from vla_contract.values import ActionChunk, Observation, to_ns
from vla_contract.vectors.component import Component
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.backends.remote_config import load_remote_config, RemoteConfig
from vla_policy_server.backends.remote_gr00t import Gr00tPolicy
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.serving.session import infer_checked
from vla_policy_server.wire.errors import MessageRefusedError, UnreachableError, WireError

ARM = ('panda_joint1', 'panda_joint2', 'panda_joint3', 'panda_joint4', 'panda_joint5')
WRIST = ('panda_joint6', 'panda_joint7')
GRIPPER = ('robotiq_85_left_knuckle_joint',)
PARTS = {'gripper': GRIPPER, 'arm': ARM, 'wrist': WRIST}
STATE = np.array([0.0, 0.15, 0.0, -2.15, 0.0, 2.30, 0.785, 0.1])
IMAGE = np.random.default_rng(4).integers(0, 256, (384, 384, 3), dtype=np.uint8)
SEEN = Observation(to_ns(3.0), STATE, {'top': IMAGE}, 'lift the cube')
STEPS = 4
LANGUAGE = 'annotation.human.task_description'


@pytest.fixture(scope='module')
def deployment() -> Deployment:
    return load_deployment()


def modalities(video_steps: list[int] | None = None, **action: Any) -> dict[str, Config]:
    """Return what a server of N1.6 and later says."""
    parts = ['arm', 'wrist', 'gripper']
    return {
        'video': Config(['front'], video_steps or [0]),
        'state': Config(parts, [0]),
        'action': Config(parts, list(range(STEPS)), **action),
        'language': Config([LANGUAGE], [0]),
    }


class Model:
    """Answers with where the joints are, one thousandth further with every step."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.resets = 0

    def get_action(self, observation: dict[str, Any], options: Any = None) -> Any:
        assert options is None
        self.seen.append(observation)
        ahead = np.arange(STEPS, dtype=np.float32)[None, :, None] / 1000
        return [{key: state + ahead for key, state in observation['state'].items()}, {}]

    def get_action_flat(self, observation: dict[str, Any]) -> Any:
        self.seen.append(observation)
        ahead = np.arange(STEPS)[:, None] / 1000
        parts = {
            key.replace('state.', 'action.'): state + ahead
            for key, state in observation.items()
            if key.startswith('state.')
        }
        return {**parts, 'action.gripper': parts['action.gripper'][:, 0]}

    def reset(self, options: Any = None) -> dict[str, Any]:
        self.resets += 1
        return {}


def config(url: str, **changes: Any) -> RemoteConfig:
    return replace(RemoteConfig(url, state=PARTS, images={'top': 'front'}), **changes)


def endpoints(model: Model, **more: Any) -> dict[str, Any]:
    return {
        'get_modality_config': modalities,
        'get_action': model.get_action,
        'reset': model.reset,
        **more,
    }


def test_a_chunk_comes_back_in_the_cells_order(deployment):
    model = Model()
    with gr00t_server(endpoints(model)) as url:
        policy = Gr00tPolicy(deployment, config(url))
        chunk = policy.infer(SEEN)
        policy.close()
    assert (chunk.stamp_ns, chunk.period_ns) == (SEEN.stamp_ns, to_ns(0.1))
    expected = STATE + np.arange(STEPS)[:, None] / 1000
    assert chunk.positions == pytest.approx(expected, abs=1e-6)
    assert set(policy.durations_ns) == {'write', 'server', 'read'}


def test_an_observation_has_the_shapes_and_types_that_the_server_asserts(deployment):
    model = Model()
    with gr00t_server(endpoints(model)) as url:
        policy = Gr00tPolicy(deployment, config(url))
        policy.infer(SEEN)
        policy.close()
    seen = model.seen[0]
    assert set(seen) == {'video', 'state', 'language'}
    assert seen['video']['front'].dtype == np.uint8
    assert seen['video']['front'].shape == (1, 1, 96, 96, 3)
    assert {key: n.shape for key, n in seen['state'].items()} == {
        'arm': (1, 1, 5),
        'wrist': (1, 1, 2),
        'gripper': (1, 1, 1),
    }
    assert all(numbers.dtype == np.float32 for numbers in seen['state'].values())
    assert seen['language'] == {LANGUAGE: [['lift the cube']]}


def test_a_server_of_n15_is_spoken_to_flat(deployment):
    model = Model()
    parts = ('arm', 'wrist', 'gripper')
    said = {
        'video': Config(['video.front'], [0], is_text=True),
        'state': Config([f'state.{part}' for part in parts], [0], is_text=True),
        'action': Config([f'action.{p}' for p in parts], list(range(STEPS)), is_text=True),
        'language': Config([LANGUAGE], [0], is_text=True),
    }
    served = {'get_modality_config': lambda: said, 'get_action': model.get_action_flat}
    with gr00t_server(served, is_flat=True) as url:
        policy = Gr00tPolicy(deployment, config(url))
        chunk = policy.infer(SEEN)
        policy.close()
    assert chunk.positions == pytest.approx(STATE + np.arange(STEPS)[:, None] / 1000)
    seen = model.seen[0]
    assert seen['video.front'].shape == (1, 96, 96, 3)
    assert seen['state.arm'].shape == (1, 5)
    assert seen[LANGUAGE] == ['lift the cube']
    assert len(seen) == 5


def test_numbers_have_the_units_of_the_policy_file(deployment):
    model = Model()
    *arm, gripper = deployment.policy.state_names
    said = (Component(joints=tuple(arm), unit='deg'), Component(joints=(gripper,)))
    with gr00t_server(endpoints(model)) as url:
        policy = Gr00tPolicy(with_policy(deployment, state=said, action=said), config(url))
        chunk = policy.infer(SEEN)
        policy.close()
    assert model.seen[0]['state']['arm'][0, 0] == pytest.approx(np.rad2deg(STATE[:5]), abs=1e-4)
    assert chunk.positions[0] == pytest.approx(STATE, abs=1e-6)


def test_what_was_seen_earlier_is_sent_where_the_server_looks_back(deployment):
    model = Model()
    said = {'get_modality_config': lambda: modalities([-2, 0])}
    with gr00t_server(endpoints(model, **said)) as url:
        policy = Gr00tPolicy(deployment, config(url))
        assert policy.earlier_steps == 2
        frames = [
            Observation(to_ns(k / 10), STATE, {'top': np.full_like(IMAGE, 10 * k)}, '')
            for k in range(4)
        ]
        for index in range(4):
            policy.infer(with_earlier(frames, index, 2))
        policy.close()
    greys = [[int(g) for g in seen['video']['front'][0, :, 0, 0, 0]] for seen in model.seen]
    assert greys == [[0, 0], [0, 10], [0, 20], [10, 30]]  # the first stands for those before it


def test_a_reset_reaches_the_server_before_the_next_observation(deployment):
    model = Model()
    with gr00t_server(endpoints(model)) as url:
        policy = Gr00tPolicy(deployment, config(url))
        resets = []
        for starts in (False, False, True):
            if starts:
                policy.reset()
            policy.infer(SEEN)
            resets.append(model.resets)
        policy.close()
    assert resets == [1, 1, 2]


@pytest.mark.parametrize(
    ('changes', 'error', 'reason'),
    [
        (
            {'state': None},
            PolicyError,
            'state of the remote .* found nothing; the server has: ',
        ),
        (
            {'images': {}},
            PolicyError,
            'images of the remote .* found nothing; the server',
        ),
        ({'images': {'wrist': 'front'}}, UnknownNameError, "camera 'wrist' is not in policy"),
        ({'actions': {'arm': ARM}}, PolicyError, 'actions of the remote .* found arm; the server'),
        (
            {'actions': {**PARTS, 'wrist': ARM[:2]}},
            NameMismatchError,
            'action_names: missing panda_joint6, panda_joint7; repeated panda_joint1',
        ),
    ],
)
def test_a_configuration_that_names_other_parts_is_refused(deployment, changes, error, reason):
    with gr00t_server(endpoints(Model())) as url, pytest.raises(error, match=reason):
        Gr00tPolicy(deployment, config(url, **changes))


def test_poses_of_a_tool_are_not_taken_for_joints(deployment):
    configs = [{'rep': 'RELATIVE', 'type': kind, 'format': 'DEFAULT'} for kind in _KINDS]
    said = {'get_modality_config': lambda: modalities(action_configs=configs)}
    with (
        gr00t_server(endpoints(Model(), **said)) as url,
        pytest.raises(PolicyError, match='action arm: found poses of a tool; policy .* has joint'),
    ):
        Gr00tPolicy(deployment, config(url))


_KINDS = ('EEF', 'NON_EEF', 'NON_EEF')


@pytest.mark.parametrize(
    ('answer', 'reason'),
    [
        ([{}, {}], 'without an array gripper; the answer has: nothing'),
        ([], 'answered with a list; allowed: parts by name'),
        (None, 'answered with a NoneType'),
        ([{'gripper': [[0.0]]}, {}], 'without an array gripper'),
        ([{'gripper': np.zeros((1, 3, 1))}, {}], r'shape \(1, 3, 1\); allowed: \(1, 4, 1\)'),
        ([{'gripper': np.full((1, 4, 1), np.nan)}, {}], 'numbers of gripper that are not finite'),
        (
            {'error': 'State key arm must be\nfloat32'},
            'refused get_action: State key arm must be$',
        ),
        ({'error': ''}, 'refused get_action: without a reason'),
        (b'ERROR', 'refused get_action without a reason'),
        (b'{"actions": []}', 'bytes follow the message'),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused(deployment, answer, reason):
    served = endpoints(Model(), get_action=lambda **_: answer)
    with gr00t_server(served) as url:
        policy = Gr00tPolicy(deployment, config(url))
        with pytest.raises(WireError, match=reason):
            policy.infer(SEEN)
        policy.close()


def test_a_wrong_token_is_refused_and_the_right_one_is_sent(deployment, tmp_path):
    token = tmp_path / 'token'
    token.write_text('right\n')
    token.chmod(0o600)
    with gr00t_server(endpoints(Model()), token='right') as url:
        with pytest.raises(MessageRefusedError, match='Unauthorized: Invalid API token'):
            Gr00tPolicy(deployment, config(url))
        policy = Gr00tPolicy(deployment, config(url, token_file=str(token)))
        assert isinstance(infer_checked(policy, SEEN), ActionChunk)
        policy.close()


def test_a_late_answer_is_never_taken_for_the_next_one(deployment):
    model, release, calls = Model(), threading.Event(), []

    def get_action(**data: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            release.wait(5.0)
            return [{key: n + 1.0 for key, n in data['observation']['state'].items()}, {}]
        return model.get_action(**data)

    with gr00t_server(endpoints(model, get_action=get_action)) as url:
        policy = Gr00tPolicy(deployment, config(url, answer_within_s=0.3))
        policy.infer(SEEN)
        with pytest.raises(WireError, match=r'did not answer within 0\.3 s'):
            policy.infer(SEEN)
        release.set()
        assert policy.infer(SEEN).positions[0] == pytest.approx(STATE, abs=1e-6)
        policy.close()


def test_the_first_answer_may_take_longer(deployment):
    first, model = threading.Event(), Model()

    def get_action(**data: Any) -> Any:
        first.wait(0.4)
        first.set()
        return model.get_action(**data)

    with gr00t_server(endpoints(model, get_action=get_action)) as url:
        policy = Gr00tPolicy(
            deployment, config(url, answer_within_s=0.2, first_answer_within_s=10.0)
        )
        assert isinstance(infer_checked(policy, SEEN), ActionChunk)
        policy.close()


def test_no_server_is_one_sentence(deployment):
    with socket.create_server(('127.0.0.1', 0)) as found:
        url = f'tcp://127.0.0.1:{found.getsockname()[1]}'
    with pytest.raises(UnreachableError, match='is not there'):
        Gr00tPolicy(deployment, config(url, connect_within_s=0.1))


def test_a_server_that_restarted_is_found_again_if_it_is_the_same(deployment):
    with socket.create_server(('127.0.0.1', 0)) as found:
        port = found.getsockname()[1]
    with gr00t_server(endpoints(Model()), port=port) as url:
        policy = Gr00tPolicy(deployment, config(url, answer_within_s=0.3))
        policy.infer(SEEN)
    assert 'is not there' in str(infer_checked(policy, SEEN))
    with gr00t_server(endpoints(Model()), port=port):
        assert isinstance(infer_checked(policy, SEEN), ActionChunk)
    infer_checked(policy, SEEN)
    other = {'get_modality_config': lambda: modalities([-1])}
    with gr00t_server(endpoints(Model(), **other), port=port):
        said = str(infer_checked(policy, SEEN))
    assert 'now serves another policy: configure the policy server again' in said
    policy.close()


def test_a_server_that_ends_while_it_thinks_is_not_waited_for(deployment):
    begun = threading.Event()

    def get_action(**_: Any) -> Any:
        begun.set()
        return ENDS

    with gr00t_server(endpoints(Model(), get_action=get_action)) as url:
        policy = Gr00tPolicy(deployment, config(url, first_answer_within_s=600.0))
        found: list[Any] = []
        asking = threading.Thread(target=lambda: found.append(infer_checked(policy, SEEN)))
        asking.start()
        assert begun.wait(5.0)
    asking.join(10.0)
    assert 'is not there' in str(found[0])
    policy.close()


def test_a_server_that_is_still_starting_is_waited_for(deployment):
    with socket.create_server(('127.0.0.1', 0)) as found:
        port = found.getsockname()[1]
    policies: list[Gr00tPolicy] = []
    url = f'tcp://127.0.0.1:{port}'
    waiting = threading.Thread(
        target=lambda: policies.append(Gr00tPolicy(deployment, config(url)))
    )
    waiting.start()
    waiting.join(0.2)
    with gr00t_server(endpoints(Model()), port=port):
        waiting.join(10.0)
        assert isinstance(infer_checked(policies[0], SEEN), ActionChunk)
    policies[0].close()


def test_a_port_of_something_else_is_one_sentence(deployment):
    with socket.create_server(('127.0.0.1', 0)) as other:
        url = f'tcp://127.0.0.1:{other.getsockname()[1]}'

        def hang_up() -> None:
            connection, _ = other.accept()
            connection.sendall(b'HTTP/1.1 400 Bad Request\r\n\r\n' + bytes(64))
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(UnreachableError, match='is not there, or speaks no ZMQ'):
            Gr00tPolicy(deployment, config(url, connect_within_s=0.0))
        thread.join()


def test_the_address_says_which_protocol_is_spoken(deployment, tmp_path):
    path = tmp_path / 'remote.yaml'
    with gr00t_server(endpoints(Model())) as url:
        parts = ''.join(f'  {key}: [{", ".join(names)}]\n' for key, names in PARTS.items())
        path.write_text(f'url: {url}\nstate:\n{parts}images: {{top: front}}\n')
        far = with_policy(deployment, backend='remote', source=str(path))
        policy = make_policy(far, 'cpu')
        assert isinstance(policy, Gr00tPolicy)
        assert 'believed to be those of the policy file' in policy.notes[0]
        policy.close()


@pytest.mark.parametrize('url', ['tcp://', 'tcp://host', 'tcp://host:0', 'tcp://host:70000'])
def test_an_address_that_is_none_is_one_sentence(deployment, url):
    with pytest.raises(WireError, match='is no address; allowed: tcp://host:port'):
        Gr00tPolicy(deployment, config(url))


def test_the_shipped_configuration_fits_the_shipped_arm():
    said = load_remote_config('gr00t_so101')
    names = [name for part in (said.state or {}).values() for name in part]
    assert names == list(load_deployment('so101_lift_cube').cell.joint_names)


IDENTITY = {'sha256': 'ab' * 32, 'precision': 'bf16'}


def identity(deployment: Deployment, **said: Any) -> Any:
    """Return what gates are told of a policy behind a server that says something."""
    with gr00t_server(endpoints(Model(), **said)) as url:
        policy = Gr00tPolicy(deployment, config(url))
        found = identity_of(with_policy(deployment, backend='remote', source='gr00t'), policy)
        policy.close()
    return found


def test_of_a_server_as_it_is_the_modalities_are_known_and_every_gate_says_no(deployment):
    found = identity(deployment)
    assert found.sha256 == ''
    assert 'its modalities have sha256 ' in found.unknown
    other = identity(deployment, get_modality_config=lambda: modalities([-1, 0]))
    assert other.unknown != found.unknown


@pytest.mark.parametrize('said', [None, 'ab', {'sha256': 'ab'}, {'sha256': 7}])
def test_an_identity_that_is_none_opens_no_gate(deployment, said):
    assert identity(deployment, get_identity=lambda: said).sha256 == ''


def test_a_server_that_states_its_weights_is_known_by_them_and_its_modalities(deployment):
    found = identity(deployment, get_identity=lambda: IDENTITY)
    assert len(found.sha256) == 64
    assert found.precision == 'bf16'
    weights = identity(deployment, get_identity=lambda: {'sha256': 'cd' * 32})
    embodiment = identity(
        deployment,
        get_identity=lambda: IDENTITY,
        get_modality_config=lambda: modalities([-1, 0]),
    )
    assert len({found.sha256, weights.sha256, embodiment.sha256}) == 3


def test_a_server_that_restarted_with_other_weights_is_refused(deployment):
    with socket.create_server(('127.0.0.1', 0)) as found:
        port = found.getsockname()[1]
    with gr00t_server(endpoints(Model(), get_identity=lambda: IDENTITY), port=port) as url:
        policy = Gr00tPolicy(deployment, config(url, answer_within_s=0.3))
        policy.infer(SEEN)
    infer_checked(policy, SEEN)
    other = {'get_identity': lambda: {'sha256': 'cd' * 32}}
    with gr00t_server(endpoints(Model(), **other), port=port):
        assert 'now serves another policy' in str(infer_checked(policy, SEEN))
    policy.close()
