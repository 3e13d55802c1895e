"""Every fault that is known from practice is put into the shipped policy and must be found."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
import itertools
from types import SimpleNamespace

import numpy as np
from policy_changes import with_policy
import pytest
import torch
from vla_contract.check import Status
from vla_contract.errors import PolicyMismatchError
from vla_contract.share import find_model
from vla_contract.values import ActionChunk, to_ns
from vla_lerobot.checkpoints.checkpoint import Checkpoint, load_checkpoint
from vla_policy_server.backends.lerobot_policy import LeRobotPolicy
from vla_policy_server.self_test.checks import require_sound, run_checks, SELF_TESTS
from vla_policy_server.self_test.golden_frames import GOLDEN_FRAMES, load_golden_frames
from vla_policy_server.self_test.subject import Subject, subject_of
from vla_policy_server.self_test.timing import (
    answer_comes_in_time,
    answer_repeats,
    chunk_fits_the_policy_file,
)

MODEL = 'panda_lift_act'


@pytest.fixture(scope='module')
def golden(deployment):
    return load_golden_frames(deployment, find_model(MODEL) / GOLDEN_FRAMES)


@pytest.fixture(scope='module')
def pristine(deployment) -> Checkpoint:
    return load_checkpoint(deployment, 'cpu')


@pytest.fixture
def checkpoint(pristine) -> Checkpoint:
    """Return a copy that a test may damage."""
    return deepcopy(pristine)


@pytest.fixture
def subject(deployment, golden) -> Callable[[Checkpoint], Subject]:
    def of(checkpoint: Checkpoint, deployment=deployment) -> Subject:
        return Subject(deployment, LeRobotPolicy(deployment, checkpoint), golden, checkpoint)

    return of


def has_failed(check: str, subject: Subject) -> bool:
    look = next(row.look for row in SELF_TESTS if row.name == check)
    return look(subject)[0] is Status.FAIL


def scaled(checkpoint: Checkpoint, pipeline: str, key: str, factor: float) -> Checkpoint:
    """Multiply the statistics of a key, as those of other units would be."""
    for step in getattr(checkpoint, pipeline).steps:
        if hasattr(step, 'norm_map'):
            entry = step.stats[key]
            step.stats[key] = {name: np.asarray(v) * factor for name, v in entry.items()}
            step.to(device='cpu')
    return checkpoint


def test_the_shipped_policy_passes(subject, pristine):
    verdicts = {check.name: check.status for check in run_checks(subject(pristine))}
    assert verdicts.pop('instruction') == 'skip'
    assert verdicts.pop('near misses') == 'skip'
    assert verdicts.pop('latency') in ('ok', 'warn')  # as busy as the machine is
    assert set(verdicts.values()) == {'ok'}


@pytest.mark.parametrize(
    ('check', 'layer'),
    [('images', 'encoder_img_feat_input_proj'), ('state', 'encoder_robot_state_input_proj')],
)
def test_a_policy_that_ignores_an_input_is_found(subject, checkpoint, check, layer):
    with torch.no_grad():
        for parameter in getattr(checkpoint.network.model, layer).parameters():
            parameter.zero_()
    assert has_failed(check, subject(checkpoint))


@pytest.mark.parametrize('what', ['state', 'action'])
# The pairs that are hardest to tell apart: joints that rest near the same angle.
@pytest.mark.parametrize('pair', [(0, 2), (0, 4), (2, 4), (1, 6)])
def test_two_joints_mixed_up_are_found(subject, checkpoint, what, pair):
    names = list(getattr(checkpoint.names, what))
    names[pair[0]], names[pair[1]] = names[pair[1]], names[pair[0]]
    mixed = replace(checkpoint.names, **{what: tuple(names)})
    assert has_failed('golden frames', subject(replace(checkpoint, names=mixed)))


@pytest.mark.parametrize('check', ['statistics', 'range', 'golden frames'])
def test_degrees_for_radians_are_found(subject, checkpoint, check):
    degrees = scaled(checkpoint, 'postprocess', 'action', 180 / np.pi)
    assert has_failed(check, subject(degrees))


def test_statistics_of_another_robot_are_found(subject, checkpoint):
    other = scaled(checkpoint, 'preprocess', 'observation.state', 0.3)
    assert has_failed('golden frames', subject(other))


def test_a_joint_that_never_moved_in_training_is_found(subject, checkpoint):
    std = np.array([0.0] + [0.1] * 7, np.float32)
    checkpoint.preprocess.steps[3].stats['observation.state']['std'] = std
    assert has_failed('statistics', subject(checkpoint))


def leave_dropout_on(checkpoint: Checkpoint) -> None:
    """Do what code does that sets training mode again on every call."""
    checkpoint.network.train()
    checkpoint.network.eval = lambda: checkpoint.network
    for module in checkpoint.network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.1


def test_dropout_left_on_is_found(subject, checkpoint):
    leave_dropout_on(checkpoint)
    assert has_failed('repeatable', subject(checkpoint))


class Restless(LeRobotPolicy):
    """Answers something else each time, whatever the seed."""

    calls = 0

    def infer(self, observation):
        self.calls += 1
        chunk = super().infer(observation)
        return replace(chunk, positions=chunk.positions + 1e-3 * self.calls)


class Sampling(LeRobotPolicy):
    """Draws noise, as a diffusion policy does."""

    def infer(self, observation):
        chunk = super().infer(observation)
        noise = torch.randn(chunk.positions.shape).numpy()
        return replace(chunk, positions=chunk.positions + 1e-2 * noise)


@pytest.mark.parametrize(('kind', 'verdict'), [(Restless, Status.FAIL), (Sampling, Status.OK)])
def test_noise_is_told_from_answers_that_cannot_be_repeated(
    deployment, golden, pristine, kind, verdict
):
    asked = Subject(deployment, kind(deployment, pristine), golden, pristine)
    assert answer_repeats(asked)[0] is verdict


def test_another_rate_is_found(deployment, subject, pristine):
    fast = with_policy(deployment, rate_hz=30.0)
    assert has_failed('rate', subject(pristine, deployment=fast))


class Short(LeRobotPolicy):
    """Serves less than was trained."""

    steps = 8

    def infer(self, observation):
        chunk = super().infer(observation)
        return replace(chunk, positions=chunk.positions[: self.steps])


def test_another_chunk_length_is_found(deployment, pristine):
    found = chunk_fits_the_policy_file(
        Subject(deployment, Short(deployment, pristine), None, pristine)
    )
    assert found == (Status.FAIL, '8 steps at 10 Hz; trained with 16 steps')


def test_a_policy_may_answer_with_one_step(deployment, pristine):
    policy = Short(deployment, pristine)
    policy.steps = 1
    found = chunk_fits_the_policy_file(Subject(deployment, policy, None, None))
    assert found == (Status.OK, '1 steps at 10 Hz')


@pytest.mark.parametrize(('takes_ms', 'status'), [(100, Status.OK), (900, Status.WARN)])
def test_an_answer_that_a_chunk_cannot_cover_is_a_remark(
    subject, pristine, monkeypatch, takes_ms, status
):
    clock = itertools.count(step=takes_ms * 1_000_000)
    own_time = SimpleNamespace(monotonic_ns=lambda: next(clock))
    monkeypatch.setattr('vla_policy_server.self_test.timing.time', own_time)
    found = answer_comes_in_time(subject(pristine))
    assert found[0] is status
    assert found[1].startswith(f'an answer takes {takes_ms} ms')


def test_a_refusal_names_the_failure_the_fix_and_the_switch(subject, checkpoint):
    leave_dropout_on(checkpoint)
    with pytest.raises(
        PolicyMismatchError, match='call .eval.*dropout is on.*check_policy: false'
    ):
        require_sound(subject(checkpoint))


class Deaf:
    """A policy from elsewhere that sees but does not show its insides."""

    needs_images = True
    needs_extras = ()

    def infer(self, observation):
        level = observation.images['top'].mean() / 255 * 0.1
        positions = np.tile(observation.state + level, (4, 1))
        return ActionChunk(observation.stamp_ns, to_ns(0.1), positions)

    def reset(self):
        pass


def test_without_a_checkpoint_or_frames_what_can_be_asked_is_asked(deployment):
    outcomes = run_checks(subject_of(deployment, Deaf()))
    verdicts = {check.name: check.status for check in outcomes}
    passed = {name for name, verdict in verdicts.items() if verdict == 'ok'}
    assert passed == {'images', 'state', 'first answer', 'repeatable', 'chunk', 'latency'}
    assert 'fail' not in verdicts.values()


def test_every_check_names_a_known_failure_and_a_fix():
    assert len({test.name for test in SELF_TESTS}) == len(SELF_TESTS)
    assert all(test.failure and test.fix for test in SELF_TESTS)
