from collections.abc import Iterator
from dataclasses import replace
from itertools import count
import time
from typing import Any

import numpy as np
from openpi_server import openpi_server
from policy_changes import with_policy
import pytest
from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.end_effector import EndEffectorDelta
from vla_contract.errors import NameMismatchError, PolicyError
from vla_contract.values import ActionChunk, Observation, to_ns
from vla_contract.vectors.component import Component
from vla_policy_server.backends.remote import RemotePolicy
from vla_policy_server.backends.remote_config import RemoteConfig
from vla_policy_server.serving.session import infer_checked
from vla_policy_server.wire.errors import WireError

STATE = np.array([0.0, 0.15, 0.0, -2.15, 0.0, 2.30, 0.785, 0.1])
IMAGE = np.random.default_rng(4).integers(0, 256, (384, 384, 3), dtype=np.uint8)
SEEN = Observation(to_ns(3.0), STATE, {'top': IMAGE}, 'lift the cube')


def zeros(_: dict[str, Any]) -> dict[str, Any]:
    return {'actions': np.zeros((2, 8))}


def connected(
    deployment: Deployment, metadata: Any, policy: Any = zeros
) -> Iterator[RemotePolicy]:
    with openpi_server(policy, metadata) as url:
        far = RemotePolicy(deployment, RemoteConfig(url))
        yield far
        far.close()


def as_velocities(deployment: Deployment) -> Deployment:
    names = deployment.cell.joint_names
    action = (Component('joint_velocity', names[:7]), Component(joints=names[7:]))
    return with_policy(deployment, action=action)


def as_tool_moves(deployment: Deployment) -> Deployment:
    moves = Component('end_effector_delta', deployment.cell.joint_names, EndEffectorDelta())
    return with_policy(deployment, action=(moves,))


@pytest.mark.parametrize(
    ('metadata', 'reason'),
    [
        (
            {'action_space': 'joint_velocity'},
            'action_space: found joint_velocity; policy panda_lift_act has joint_position: its '
            'action must have the quantity joint_velocity$',
        ),
        ({'action_space': 'cartesian_position'}, 'must have the quantity tool_pose$'),
        ({'action_space': 'cartesian_velocity'}, 'tool_delta or end_effector_delta$'),
        ({'action_space': 'torque'}, 'action_space: found torque; allowed: joint_position, '),
        ({'action_space': 7}, 'action_space: found 7; allowed: a short text$'),
        ({'fps': 50.0}, r'fps: found 50; policy panda_lift_act has 10: set its rate_hz to 50$'),
        ({'fps': float('nan')}, 'fps: found nan; allowed: steps per second above 0$'),
        ({'fps': '10'}, "fps: found '10'; allowed: "),
        ({'action_horizon': 0}, 'action_horizon: found 0; allowed: 1 to 1000 steps$'),
        ({'action_horizon': True}, 'action_horizon: found True; allowed: '),
        ({'image_resolution': [224]}, r'image_resolution: found \[224\]; allowed: height and '),
        ({'image_resolution': [224, 1e9]}, 'image_resolution: found '),
        ({'action_names': 'panda'}, "action_names: found 'panda'; allowed: a list of names$"),
        ({'needs_extras': 5}, 'needs_extras: found 5; allowed: a list of names$'),
    ],
)
def test_what_does_not_fit_or_makes_no_sense_is_one_sentence(deployment, metadata, reason):
    with pytest.raises(PolicyError, match=reason):
        next(connected(deployment, metadata))


@pytest.mark.parametrize(
    ('metadata', 'changed'),
    [
        ({'action_space': 'joint_position', 'fps': 10, 'action_horizon': 2}, None),
        ({'fps': np.float32(10.0), 'image_resolution': np.array([96, 96])}, None),
        ({'action_space': 'joint_velocity'}, as_velocities),
        ({'action_space': 'cartesian_velocity'}, as_tool_moves),
    ],
)
def test_what_fits_is_taken(deployment, metadata, changed):
    next(connected(changed(deployment) if changed else deployment, metadata))


@pytest.mark.parametrize('suffix', ['', '.pos'])
def test_actions_in_another_order_are_taken_by_name(deployment, suffix):
    names = [name + suffix for name in deployment.cell.joint_names[::-1]]

    def policy(_: dict[str, Any]) -> dict[str, Any]:
        return {'actions': np.tile(STATE[::-1], (2, 1))}

    for far in connected(deployment, {'action_names': names}, policy):
        assert (far.infer(SEEN).positions == STATE).all()
        assert any('actions taken by name' in note for note in far.notes)


def test_moves_of_the_tool_in_another_order_are_taken_by_name(deployment):
    ours = ['x', 'y', 'z', 'roll', 'pitch', 'yaw', 'gripper']
    move = np.array([0.01, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    answers = {}
    for names in (ours, [f'delta_{n}' for n in ours[:6]] + ['gripper'], ours[::-1]):
        order = [ours.index(name.removeprefix('delta_')) for name in names]
        answer = {'actions': move[order][None]}
        for far in connected(
            as_tool_moves(deployment), {'action_names': names}, lambda _, a=answer: dict(a)
        ):
            answers[tuple(names)] = far.infer(SEEN).positions
    first, *others = answers.values()
    assert all(np.array_equal(first, other) for other in others)


@pytest.mark.parametrize(
    ('names', 'reason'),
    [
        (['a', 'b'], 'action_names: missing panda_joint1, .* unknown a, b'),
        (['panda_joint1'] * 8, 'action_names: .*repeated panda_joint1'),
    ],
)
def test_actions_of_other_names_are_refused(deployment, names, reason):
    with pytest.raises(NameMismatchError, match=reason):
        next(connected(deployment, {'action_names': names}))


def test_a_chunk_that_is_longer_than_stated_is_refused(deployment):
    for far in connected(deployment, {'action_horizon': 1}):
        with pytest.raises(WireError, match=r'shape \(2, 8\); allowed: \(1 to 1, 8\)'):
            far.infer(SEEN)


@pytest.mark.parametrize(
    ('asked', 'sent'), [([48, 64], (48, 64, 3)), (None, (384, 384, 3)), ('nothing', (96, 96, 3))]
)
def test_images_come_in_the_size_that_the_server_asks_for(deployment, asked, sent):
    seen = []

    def policy(observation: dict[str, Any]) -> dict[str, Any]:
        seen.append(observation['observation.images.top'].shape)
        return {'actions': np.zeros((2, 8))}

    metadata = {} if asked == 'nothing' else {'image_resolution': asked}
    for far in connected(deployment, metadata, policy):
        far.infer(SEEN)
    assert seen == [sent]


def test_what_a_server_does_not_say_is_noted(deployment):
    for far in connected(deployment, {'env': 'droid'}):
        said = '\n'.join(far.notes)
    assert 'does not say what its actions are; believed to be joint_position, as policy' in said
    assert 'does not name the numbers of an action; believed to be panda_joint1, ' in said
    assert 'does not say its fps; believed to be 10 Hz' in said


def raising_once(error: Exception) -> Any:
    errors = [error]

    def policy(_: dict[str, Any]) -> dict[str, Any]:
        if errors:
            raise errors.pop()
        return {'actions': np.zeros((2, 8))}

    return policy


def test_metadata_that_changes_or_has_arrays_does_not_keep_a_robot_away(deployment):
    numbers = count()

    def metadata() -> dict[str, Any]:
        said = {'step': next(numbers), 'reset_pose': np.zeros(6), 'loss': float('nan')}
        return {**said, 'fps': np.float64(10.0)}

    for far in connected(deployment, metadata, raising_once(KeyError('x'))):
        assert 'KeyError' in str(infer_checked(far, SEEN))
        infer_checked(far, SEEN)  # finds the connection closed
        assert isinstance(infer_checked(far, SEEN), ActionChunk)


def test_other_actions_in_the_middle_of_the_work_are_refused_by_their_key(deployment):
    horizons = count(2)

    def metadata() -> dict[str, Any]:
        return {'action_horizon': next(horizons)}

    for far in connected(deployment, metadata, raising_once(KeyError('x'))):
        infer_checked(far, SEEN)
        infer_checked(far, SEEN)
        assert 'action_horizon is another; configure the policy server again' in str(
            infer_checked(far, SEEN)
        )


def test_an_error_of_several_lines_is_told_with_its_name(deployment):
    error = RuntimeError('CUDA out of memory.\nGPU 0 has 23 GiB')
    for far in connected(deployment, {}, raising_once(error)):
        said = str(infer_checked(far, SEEN))
    assert said.endswith('refused: RuntimeError: CUDA out of memory. GPU 0 has 23 GiB')


def test_time_that_is_none_is_not_told(deployment):
    def policy(_: dict[str, Any]) -> dict[str, Any]:
        return {'actions': np.zeros((2, 8)), 'server_timing': {'infer_ms': float('inf')}}

    class Fixed(dict[str, Any]):
        """An answer whose timing the server of the test does not replace."""

        def __setitem__(self, key: str, value: Any) -> None:
            pass

    for far in connected(deployment, {}, lambda seen: Fixed(policy(seen))):
        far.infer(SEEN)
        assert 'model' not in far.durations_ns


def test_the_first_answer_may_take_longer_than_the_others(deployment):
    delays = [0.4, 0.0]

    def policy(_: dict[str, Any]) -> dict[str, Any]:
        time.sleep(delays.pop(0))
        return {'actions': np.zeros((2, 8))}

    with openpi_server(policy, {}) as url:
        config = replace(RemoteConfig(url), answer_within_s=0.2, first_answer_within_s=10.0)
        far = RemotePolicy(deployment, config)
        assert isinstance(infer_checked(far, SEEN), ActionChunk)
        assert isinstance(infer_checked(far, SEEN), ActionChunk)
        far.close()


def test_parts_of_an_action_are_for_gr00t_alone(deployment):
    config = RemoteConfig('ws://127.0.0.1:1', actions={'arm': ()})
    with pytest.raises(PolicyError, match='actions: found arm; allowed: nothing, parts are those'):
        RemotePolicy(deployment, config)
