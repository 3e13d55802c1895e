from dataclasses import replace
import re
import time
from typing import Any

import numpy as np
from openpi_server import openpi_server
from policy_changes import with_names, with_policy
import pytest
from vla_contract.deployment.cell import PlacedRobot
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.deployment.end_effector import EndEffectorDelta
from vla_contract.deployment.policy_file import Component
from vla_contract.errors import NameMismatchError, PolicyError, SettingError, UnknownNameError
from vla_contract.observation_history import with_earlier
from vla_contract.policy import Policy
from vla_contract.values import ActionChunk, Observation, to_ns
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.backends.remote import RemotePolicy
from vla_policy_server.backends.remote_config import load_remote_config, RemoteConfig
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.serving.session import infer_checked
from vla_policy_server.wire.errors import WireError
from vla_policy_server.wire.observation_message import ObservationWriter
from vla_policy_server.worker.inference_engine import LocalEngine
from vla_policy_server.worker.policy_service import PolicyService

IMAGE = np.random.default_rng(4).integers(0, 256, (384, 384, 3), dtype=np.uint8)
STATE = np.array([0.0, 0.15, 0.0, -2.15, 0.0, 2.30, 0.785, 0.0])
REVERSED = (Component(joints=load_deployment().cell.joint_names[::-1]),)
SEEN = Observation(to_ns(3.0), STATE, {'top': IMAGE}, 'lift the cube')


def worker(deployment: Deployment, backend: str) -> PolicyService:
    served = with_policy(deployment, backend=backend)
    return PolicyService(served, LocalEngine(lambda: make_policy(served, 'cpu'), 8))


def connect(deployment: Deployment, url: str) -> Policy:
    return make_policy(with_policy(deployment, backend='remote', source=url), 'cpu')


def test_the_shipped_policy_answers_the_same_near_and_far(serve, deployment):
    near = make_policy(deployment, 'cpu')
    server = serve(PolicyService(deployment, LocalEngine(lambda: near, 8)))
    far = connect(deployment, server.url)
    expected, found = near.infer(SEEN), far.infer(SEEN)
    assert (expected.stamp_ns, expected.period_ns) == (found.stamp_ns, found.period_ns)
    assert np.array_equal(expected.positions, found.positions)
    assert far.needs_images


class LooksBack:
    """Answers with the mean of the states that it is shown, and of the images' first bytes."""

    needs_images, needs_extras, earlier_steps = True, (), 2

    def infer(self, observation: Observation) -> ActionChunk:
        seen = (*observation.earlier, observation)
        self.shown = [(one.state.copy(), one.images['top'][0, 0, 0]) for one in seen]
        self.stamps_ns = [one.stamp_ns for one in seen]
        return ActionChunk(observation.stamp_ns, to_ns(0.1), observation.state[None])

    def reset(self) -> None:
        """Nothing is remembered."""


def test_what_was_seen_earlier_reaches_a_policy_that_looks_back(serve, deployment):
    policy = LooksBack()
    far = connect(deployment, serve(PolicyService(deployment, LocalEngine(lambda: policy, 8))).url)
    assert far.earlier_steps == 2
    frames = [
        Observation(to_ns(k / 10), STATE + k, {'top': np.full_like(IMAGE, 10 * k)}, '')
        for k in range(4)
    ]
    for index in range(4):
        far.infer(with_earlier(frames, index, 2))
        first = max(0, index - 2)
        assert [grey for _, grey in policy.shown] == [10 * k for k in range(first, index + 1)]
        assert policy.stamps_ns == [to_ns(k / 10) for k in range(first, index + 1)]
        states = [state for state, _ in policy.shown]
        assert np.allclose(states, [STATE + k for k in range(first, index + 1)], atol=1e-6)


@pytest.mark.parametrize('found', [-1, 65, 'two', 1.5])
def test_a_history_of_no_length_is_refused(deployment, found):
    with (
        openpi_server(lambda _: {}, {'earlier_steps': found}) as url,
        pytest.raises(PolicyError, match=r'earlier_steps: found .*; allowed: 0 to 64'),
    ):
        connect(deployment, url)


def test_only_what_the_served_policy_needs_is_sent(serve, deployment):
    far = connect(deployment, serve(worker(deployment, 'scripted')).url)
    assert not far.needs_images
    near = make_policy(with_policy(deployment, backend='scripted'), 'cpu')
    assert far.needs_extras == near.needs_extras


def test_reset_reaches_the_policy_with_the_next_observation(serve, deployment):
    far = connect(deployment, serve(worker(deployment, 'hold')).url)
    assert (far.infer(Observation(0, STATE, {}, '')).positions == STATE).all()
    assert (far.infer(Observation(1, STATE + 0.1, {}, '')).positions == STATE).all()
    far.reset()
    assert (far.infer(Observation(2, STATE + 0.1, {}, '')).positions == STATE + 0.1).all()


def test_joints_are_mapped_by_name_when_the_policy_has_another_order(serve, deployment):
    turned = with_names(deployment, deployment.cell.joint_names[::-1], 'state', 'action')
    url = serve(worker(turned, 'hold')).url
    far = connect(turned, url)
    assert (far.infer(Observation(0, STATE, {}, '')).positions == STATE).all()


def test_another_cell_is_refused(serve, deployment):
    server = serve(worker(deployment, 'hold'))
    other = replace(deployment, cell=replace(deployment.cell, sha256='0' * 64))
    with pytest.raises(PolicyError, match='serves cell panda_table .* use the same files on both'):
        connect(other, server.url)


@pytest.mark.parametrize(
    ('key', 'changes'),
    [
        ('fps', {'rate_hz': 20.0}),
        ('state_names', {'state': REVERSED}),
        ('action_names', {'action': REVERSED}),
    ],
)
def test_another_meaning_of_the_policys_numbers_is_refused(serve, deployment, key, changes):
    server = serve(worker(deployment, 'hold'))
    with pytest.raises(PolicyError, match=f'{key}: found .* use the same policy file on both'):
        connect(with_policy(deployment, **changes), server.url)


def test_images_that_are_fitted_otherwise_are_refused(serve, deployment):
    near = make_policy(deployment, 'cpu')
    server = serve(PolicyService(deployment, LocalEngine(lambda: near, 8)))
    camera = replace(deployment.policy.cameras[0], resize='stretch')
    with pytest.raises(PolicyError, match=r'images: found .* 96 x 96 px, crop.*has .*stretch'):
        connect(with_policy(deployment, cameras=(camera,)), server.url)


def test_another_robot_is_refused_by_its_joints(serve, deployment):
    cell = deployment.cell
    joints = (replace(cell.joints[0], name='shoulder'), *cell.joints[1:])
    robot = PlacedRobot(replace(cell.robot, joints=joints))
    names = ('shoulder', *cell.joint_names[1:])
    other = with_names(
        replace(deployment, cell=replace(cell, robots=(robot,))), names, 'state', 'action'
    )
    url = serve(worker(deployment, 'hold')).url
    with pytest.raises(NameMismatchError, match='missing shoulder; unknown panda_joint1'):
        connect(other, url)


def test_another_policy_in_the_middle_of_the_work_is_refused(serve, deployment):
    first = serve(worker(deployment, 'hold'))
    far = connect(deployment, first.url)
    settings = first.settings
    first.stop()
    serve(worker(deployment, 'scripted'), settings=replace(settings, port=first.port))
    assert 'is gone' in str(infer_checked(far, Observation(0, STATE, {}, '')))
    assert 'configure the policy server again' in str(
        infer_checked(far, Observation(1, STATE, {}, ''))
    )


def test_a_worker_says_what_it_serves(serve, deployment):
    near = with_policy(deployment, backend='hold')
    far = with_policy(deployment, backend='remote', source=serve(worker(near, 'hold')).url)
    policy = make_policy(far, 'cpu')
    served, found = identity_of(near), identity_of(far, policy)
    assert policy.identity.sha256 == served.sha256
    assert found.content_sha256 == served.content_sha256
    assert found.sha256 not in ('', served.sha256)


def test_the_same_name_with_other_files_is_refused_in_the_middle_of_the_work(serve, deployment):
    near = with_policy(deployment, backend='hold')
    engine = LocalEngine(lambda: make_policy(near, 'cpu'), 8)
    identity = identity_of(near)
    first = serve(PolicyService(near, engine, identity))
    far = connect(deployment, first.url)
    first.stop()
    other = PolicyService(near, engine, replace(identity, content_sha256='0' * 64))
    serve(other, settings=replace(first.settings, port=first.port))
    infer_checked(far, Observation(0, STATE, {}, ''))
    said = str(infer_checked(far, Observation(1, STATE, {}, '')))
    assert re.search(r'now serves \S+ \(sha256 \w{12}\), not \S+ \(sha256 \w{12}\)', said)


def test_a_server_that_does_not_say_what_it_serves_is_unknown(deployment):
    with openpi_server(lambda _: {}, {}) as url:
        far = with_policy(deployment, backend='remote', source=url)
        policy = make_policy(far, 'cpu')
        identity = identity_of(far, policy)
        policy.close()
    assert identity.sha256 == ''
    assert f'{url} does not say what it serves' in identity.unknown


def test_the_way_is_timed_and_the_clocks_are_compared(serve, deployment):
    ahead_ns = to_ns(1000.0)
    server = serve(worker(deployment, 'hold'), now_ns=lambda: time.time_ns() + ahead_ns)
    far = connect(deployment, server.url)
    far.infer(Observation(0, STATE, {}, ''))
    assert far.clock.error_ns is not None
    assert abs(far.clock.offset_ns - ahead_ns) <= far.clock.error_ns + 1
    assert set(far.durations_ns) == {'write', 'upload', 'queue', 'model', 'download', 'read'}
    assert min(far.durations_ns.values()) >= -1


def test_an_openpi_server_is_a_backend(deployment):
    asked: list[dict[str, Any]] = []

    def policy(observation: dict[str, Any]) -> dict[str, Any]:
        asked.append(observation)
        joints = observation['observation/joint_position']
        gripper = observation['observation/gripper_position']
        step = np.concatenate([joints, gripper]).astype(np.float32)
        return {'actions': step + np.arange(1, 4, dtype=np.float32)[:, None]}

    with openpi_server(policy, {'env': 'droid'}) as url:
        config = RemoteConfig(
            url,
            state={
                'observation/joint_position': deployment.cell.joint_names[:7],
                'observation/gripper_position': deployment.cell.joint_names[7:],
            },
            images={'top': 'observation/exterior_image_1_left'},
        )
        far = RemotePolicy(deployment, config)
        chunk = far.infer(SEEN)
        far.close()
    assert set(asked[0]) == {
        'observation/joint_position',
        'observation/gripper_position',
        'observation/exterior_image_1_left',
        'prompt',
    }
    assert asked[0]['prompt'] == 'lift the cube'
    assert asked[0]['observation/exterior_image_1_left'].shape == (96, 96, 3)
    assert (chunk.stamp_ns, chunk.period_ns) == (SEEN.stamp_ns, to_ns(0.1))
    assert chunk.positions == pytest.approx(STATE + np.array([[1.0], [2.0], [3.0]]))
    assert far.durations_ns['model'] > 0


def test_a_failing_openpi_server_is_one_sentence_and_found_again(deployment):
    failures = [KeyError('observation/state')]

    def policy(observation: dict[str, Any]) -> dict[str, Any]:
        if failures:
            raise failures.pop()
        return {'actions': np.zeros((2, 8))}

    with openpi_server(policy, {}) as url:
        far = connect(deployment, url)
        first = infer_checked(far, SEEN)
        assert "refused: KeyError: 'observation/state'" in str(first)
        assert 'Traceback' not in str(first)
        infer_checked(far, SEEN)  # finds the connection closed
        assert isinstance(infer_checked(far, SEEN), ActionChunk)
        far.close()


@pytest.mark.parametrize(
    ('answer', 'reason'),
    [
        ({'action': np.zeros((2, 8))}, "without an array of actions; the answer has: 'action'"),
        ({'actions': [[0.0] * 8, [0.0]]}, 'without an array of actions'),
        ({'actions': np.zeros((2, 7))}, r'shape \(2, 7\); allowed: \(1 to 1000, 8\)'),
        ({'actions': np.zeros((0, 8))}, r'shape \(0, 8\)'),
        ({'actions': np.zeros((1001, 8))}, r'shape \(1001, 8\)'),
        ({'actions': np.zeros((2, 2, 8))}, r'shape \(2, 2, 8\)'),
        ({'actions': np.full((2, 8), np.nan)}, 'not finite'),
        ({'actions': np.zeros((2, 8)), 'chunk': {'id': 7}}, 'did not answer request'),
        ({'actions': np.zeros((2, 8)), 'chunk': 3}, 'did not answer request'),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused(deployment, answer, reason):
    with openpi_server(lambda _: dict(answer), {}) as url:
        far = connect(deployment, url)
        with pytest.raises(WireError, match=reason):
            far.infer(SEEN)
        far.close()


@pytest.mark.parametrize(
    'actions',
    [STATE, [list(STATE)] * 2, np.tile(STATE, (1, 2, 1)), np.tile(STATE, (2, 1)).astype('>f8')],
)
def test_actions_of_other_packers_are_read(deployment, actions):
    with openpi_server(lambda _: {'actions': actions}, {}) as url:
        far = connect(deployment, url)
        assert far.infer(SEEN).positions == pytest.approx(
            np.tile(STATE, (np.size(actions) // 8, 1))
        )
        far.close()


def test_an_empty_instruction_is_left_out_so_that_the_servers_own_counts(deployment):
    asked: list[dict[str, Any]] = []

    def policy(message: dict[str, Any]) -> dict[str, Any]:
        asked.append(message)
        return {'actions': np.zeros((2, 8))}

    with openpi_server(policy, {}) as url:
        far = connect(deployment, url)
        far.infer(replace(SEEN, instruction=''))
        far.close()
    assert 'prompt' not in asked[0]


def test_deltas_need_a_policy_file_that_says_what_they_mean(deployment):
    with (
        openpi_server(lambda _: {}, {'action_kind': 'end_effector_delta'}) as url,
        pytest.raises(
            PolicyError, match='give its action that quantity and an end_effector section'
        ),
    ):
        connect(deployment, url)


def test_an_unknown_kind_of_action_is_refused(deployment):
    with (
        openpi_server(lambda _: {}, {'action_kind': 'torque'}) as url,
        pytest.raises(PolicyError, match="kind 'torque'; allowed: joint_position, joint_velocity"),
    ):
        connect(deployment, url)


@pytest.mark.parametrize('name', ['loopback', 'openvla', 'roboarena'])
def test_the_shipped_configurations_fit_the_shipped_policy(deployment, name):
    config = load_remote_config(name)
    assert config.url == 'ws://127.0.0.1:8000'
    assert ObservationWriter(deployment, config.keys(deployment)).write(SEEN)['prompt']


def test_an_unknown_configuration_lists_those_that_exist():
    with pytest.raises(UnknownNameError, match='loopback, openvla'):
        load_remote_config('no_such_remote')


def test_a_configuration_is_checked(tmp_path, deployment):
    path = tmp_path / 'remote.yaml'
    path.write_text('url: ws://127.0.0.1:1\nanswer_within_s: 0\n')
    with pytest.raises(SettingError, match=r'answer_within_s: found 0.0 .* \[0.01, 600\]'):
        load_remote_config(str(path))
    path.write_text('url: ws://127.0.0.1:1\nimages: {wrist: image}\nconnect_within_s: 0.0\n')
    with pytest.raises(UnknownNameError, match="camera 'wrist' is not in policy panda_lift_act"):
        connect(deployment, str(path))


def test_a_policy_of_tool_moves_is_refused_by_backends_of_joints(deployment):
    names = deployment.cell.joint_names
    moves = Component('end_effector_delta', names, EndEffectorDelta())
    with pytest.raises(PolicyError, match='backend lerobot answers with joint_position'):
        make_policy(with_policy(deployment, action=(moves,)), 'cpu')
