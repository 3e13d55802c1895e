from dataclasses import replace
from pathlib import Path
import pickle
import socket
import threading
from typing import Any

from lerobot_pickles import pickled_actions, unpickled
from lerobot_server import answering_server, free_port, lerobot_server
import numpy as np
from policy_changes import with_policy
import pytest
from tiny_checkpoints import deployment_of, write_checkpoint
from vla_contract.errors import PolicyError, SettingError
from vla_contract.values import ActionChunk, Observation, to_ns
from vla_policy_server.backends.lerobot_policy import make_lerobot
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.backends.remote_config import load_remote_config, RemoteConfig
from vla_policy_server.backends.remote_lerobot import RemoteLeRobotPolicy
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.serving.session import infer_checked
from vla_policy_server.wire.errors import MessageRefusedError, UnreachableError, WireError
from vla_policy_server.wire.lerobot.messages import ServedCheckpoint

STATE = np.array([0.0, 0.15, 0.0, -2.15, 0.0, 2.30, 0.785, 0.1])
IMAGE = np.random.default_rng(4).integers(0, 256, (384, 384, 3), dtype=np.uint8)
SEEN = Observation(to_ns(3.0), STATE, {'top': IMAGE}, 'lift the cube')
SERVED = ServedCheckpoint('act', 'me/act', 'cpu', 12)


def config(url: str, **changes: Any) -> RemoteConfig:
    return RemoteConfig(url, lerobot=SERVED, **changes)


def stays(observation: bytes, **changes: Any) -> bytes:
    """Answer with the state seen, four times."""
    seen = unpickled(observation)
    state = [value for key, value in seen['observation'].items() if 'state' in key]
    actions = np.tile(np.array(state, np.float32), (4, 1))
    return pickled_actions(actions, seen['timestep'], seen['timestamp'], **changes)


def test_actions_are_those_of_the_observation(deployment):
    with answering_server(stays) as url:
        policy = RemoteLeRobotPolicy(deployment, config(url))
        chunk = policy.infer(SEEN)
        policy.close()
    assert (chunk.stamp_ns, chunk.period_ns) == (SEEN.stamp_ns, to_ns(0.1))
    assert chunk.positions == pytest.approx(np.tile(STATE, (4, 1)), abs=1e-6)
    assert 'does not say what it loaded' in policy.notes[0]


@pytest.mark.parametrize(
    ('answer', 'reason'),
    [
        (lambda seen: pickle.dumps(print), r'names builtins\.print; allowed: collections'),
        (lambda seen: pickled_actions(np.zeros((2, 7), np.float32)), r'shape \(2, 7\); allowed'),
        (
            lambda seen: pickled_actions(np.full((2, 8), np.nan, np.float32)),
            'numbers that are not finite',
        ),
        (
            lambda seen: pickled_actions(np.zeros((2, 8), np.float32), step=5),
            'the actions of observation 5, asked for 1: another robot uses it',
        ),
        (
            lambda seen: stays(seen, period_s=1 / 30),
            'steps at 30 Hz; policy panda_lift_act has 10: start the server with --fps=10',
        ),
        (lambda seen: b'', 'answered with nothing: its policy failed, as its log says'),
        (lambda seen: bytes(20 * 2**20), 'failed GetActions: RESOURCE_EXHAUSTED'),
    ],
)
def test_an_answer_that_cannot_be_used_is_one_sentence(deployment, answer, reason):
    with answering_server(answer) as url:
        policy = RemoteLeRobotPolicy(deployment, config(url))
        with pytest.raises(WireError, match=reason):
            policy.infer(SEEN)
        policy.close()


def test_a_server_without_an_answer_is_soon_told_again_what_to_load(deployment):
    told: list[bytes] = []
    answers = [b'', b'']

    def answer(seen: bytes) -> bytes:
        return answers.pop() if answers else stays(seen)

    with answering_server(answer, instructions=lambda data: told.append(data) or b'') as url:
        policy = RemoteLeRobotPolicy(deployment, config(url))
        for _ in range(2):
            assert 'answered with nothing' in str(infer_checked(policy, SEEN))
        assert isinstance(infer_checked(policy, SEEN), ActionChunk)
        policy.close()
    assert len(told) == 2
    assert unpickled(told[1])['pretrained_name_or_path'] == 'me/act'


def test_a_late_answer_is_never_taken_for_the_next_one(deployment):
    release, calls = threading.Event(), []

    def answer(seen: bytes) -> bytes:
        calls.append(1)
        if len(calls) == 2:
            release.wait(5.0)
        return stays(seen)

    with answering_server(answer) as url:
        policy = RemoteLeRobotPolicy(deployment, config(url, answer_within_s=0.3))
        policy.infer(SEEN)
        with pytest.raises(WireError, match=r'did not answer within 0\.\d+ s'):
            policy.infer(SEEN)
        later = replace(SEEN, state=STATE + 0.01)
        assert policy.infer(later).positions[0] == pytest.approx(STATE + 0.01, abs=1e-6)
        release.set()
        policy.close()


def test_loading_and_the_first_answer_may_take_longer(deployment):
    first = threading.Event()

    def waits(_: bytes) -> bytes:
        first.wait(0.4)
        return b''

    def answer(seen: bytes) -> bytes:
        waits(seen)
        first.set()
        return stays(seen)

    with answering_server(answer, instructions=waits) as url:
        policy = RemoteLeRobotPolicy(
            deployment, config(url, answer_within_s=0.3, first_answer_within_s=10.0)
        )
        assert isinstance(infer_checked(policy, SEEN), ActionChunk)
        policy.close()


def test_a_server_that_restarted_is_told_again_what_to_load(deployment):
    told: list[bytes] = []
    port = free_port()

    def tell(data: bytes) -> bytes:
        told.append(data)
        return b''

    with answering_server(stays, port, instructions=tell) as url:
        policy = RemoteLeRobotPolicy(deployment, config(url, answer_within_s=5.0))
        policy.infer(SEEN)
    assert 'is not there' in str(infer_checked(policy, SEEN))
    with answering_server(stays, port, instructions=tell):
        until = threading.Event()
        for _ in range(50):
            if isinstance(found := infer_checked(policy, SEEN), ActionChunk):
                break
            until.wait(0.1)  # the pause between attempts
        assert isinstance(found, ActionChunk)
        policy.close()
    assert len(told) == 2


def test_what_the_server_cannot_load_is_its_own_sentence(deployment):
    def fails(_: bytes) -> bytes:
        raise ValueError('Policy type pi0_fast not supported.')

    with (
        answering_server(stays, instructions=fails) as url,
        pytest.raises(
            MessageRefusedError, match=r'refused SendPolicyInstructions: Policy type pi'
        ),
    ):
        RemoteLeRobotPolicy(deployment, config(url))


def test_no_server_is_one_sentence(deployment):
    with pytest.raises(UnreachableError, match='is not there'):
        RemoteLeRobotPolicy(
            deployment, config(f'grpc://127.0.0.1:{free_port()}', connect_within_s=0.1)
        )


def test_a_port_of_something_else_is_one_sentence(deployment):
    with socket.create_server(('127.0.0.1', 0)) as other:

        def hang_up() -> None:
            connection, _ = other.accept()
            connection.sendall(b'SSH-2.0-OpenSSH_9.6\r\n')
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        url = f'grpc://127.0.0.1:{other.getsockname()[1]}'
        with pytest.raises(UnreachableError, match='is not there'):
            RemoteLeRobotPolicy(deployment, config(url, connect_within_s=0.0))
        thread.join()


@pytest.mark.parametrize('url', ['grpc://', 'grpc://host', 'grpc://host:70000', 'grpc:///tmp/x:1'])
def test_an_address_that_is_none_is_one_sentence(deployment, url):
    with pytest.raises(WireError, match='is no address; allowed: grpc://host:port'):
        RemoteLeRobotPolicy(deployment, config(url))


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'lerobot': None}, 'lerobot: found nothing; allowed: policy_type and pretrained_name'),
        ({'token_file': 'token'}, 'token_file: found token; allowed: nothing, servers of LeRobot'),
        ({'state': {'state': ()}}, 'state: found .*; allowed: nothing'),
    ],
)
def test_what_the_protocol_does_not_have_is_refused(deployment, changes, reason):
    with pytest.raises(PolicyError, match=reason):
        RemoteLeRobotPolicy(deployment, replace(config('grpc://127.0.0.1:1'), **changes))


def remote_file(folder: Path, url: str, kind: str, checkpoint: Path | str) -> Path:
    path = folder / 'remote.yaml'
    path.write_text(
        f'url: {url}\nconnect_within_s: 60.0\nanswer_within_s: 20.0\n'
        f'lerobot: {{policy_type: {kind}, pretrained_name_or_path: {checkpoint}, '
        'policy_device: cpu, actions_per_chunk: 12}\n'
    )
    return path


def test_types_that_look_back_are_refused(tmp_path):
    path = remote_file(tmp_path, 'grpc://host:1', 'diffusion', 'me/diffusion')
    with pytest.raises(
        SettingError, match=r'policy_type: found .diffusion.*; allowed: act or smolvla'
    ):
        load_remote_config(str(path))


def test_only_a_server_of_lerobot_is_told_what_to_load(deployment, tmp_path):
    path = remote_file(tmp_path, 'ws://127.0.0.1:1', 'act', 'me/act')
    with pytest.raises(PolicyError, match=r'lerobot: found act; allowed: nothing'):
        make_policy(with_policy(deployment, backend='remote', source=str(path)), 'cpu')


def test_lerobots_own_server_answers_as_the_policy_here(deployment, tmp_path):
    near = deployment_of(deployment, tmp_path / 'act')
    rng = np.random.default_rng(0)
    with lerobot_server(tmp_path, '--fps=10', '--inference_latency=0') as url:
        write_checkpoint(near, 'act', tmp_path / 'act')
        path = remote_file(tmp_path, url, 'act', tmp_path / 'act')
        far = make_policy(with_policy(near, backend='remote', source=str(path)), 'cpu')
        local = make_lerobot(near, 'cpu')
        for i in range(5):
            # Joints that hardly move: the server would skip these, were they not said to matter.
            image = rng.integers(0, 256, (384, 384, 3), dtype=np.uint8)
            seen = Observation(to_ns(3.0 + i), STATE + 1e-3 * i, {'top': image}, 'lift')
            found, wanted = far.infer(seen), local.infer(seen)
            assert found.positions == pytest.approx(wanted.positions, abs=1e-6)
        far.close()
        path = remote_file(tmp_path, url, 'act', tmp_path / 'other')
        with pytest.raises(MessageRefusedError, match='refused SendPolicyInstructions: '):
            make_policy(with_policy(near, backend='remote', source=str(path)), 'cpu')
    assert identity_of(with_policy(near, backend='remote', source=str(path)), far).sha256 == ''
