"""One network in two units: what is served are the same joint positions."""

from dataclasses import replace

import numpy as np
from other_units import ARM, in_degrees
from policy_changes import with_policy
import pytest
from vla_contract.check import Status
from vla_contract.errors import PolicyError, PolicyMismatchError
from vla_contract.share import find_model
from vla_contract.values import CommittedPlan, JointSample, to_ns
from vla_contract.vectors.component import Component
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.backends.shared_lerobot import share
from vla_policy_server.self_test.golden_frames import GOLDEN_FRAMES, load_golden_frames
from vla_policy_server.self_test.numbers import (
    answers_stay_in_the_data,
    golden_error_is_small,
)
from vla_policy_server.self_test.statistics import statistics_fit_the_joints
from vla_policy_server.self_test.subject import subject_of
from vla_policy_server.serving.chunk_scheduler import Schedule
from vla_policy_server.serving.session import infer_checked, PolicySession

# Weights and statistics are float32: of numbers up to 180.
TOLERANCE = 2e-5


@pytest.fixture(scope='module')
def degrees(tmp_path_factory):
    return in_degrees(tmp_path_factory.mktemp('models') / 'panda_lift_act_degrees')


@pytest.fixture(scope='module')
def policies(deployment, degrees):
    return make_policy(deployment, 'cpu'), make_policy(degrees, 'cpu')


@pytest.fixture(scope='module')
def frames(deployment):
    folder = find_model('panda_lift_act')
    return load_golden_frames(deployment, folder / GOLDEN_FRAMES).observations


def test_both_answer_with_the_same_positions(policies, frames):
    ours, other = ([p.infer(seen).positions for seen in frames] for p in policies)
    assert np.abs(np.array(ours) - np.array(other)).max() < TOLERANCE
    assert np.abs(ours).max() > 1.0


def test_a_batch_of_robots_too(policies, frames):
    ours, other = (share(policy).infer_batch(frames[:3]) for policy in policies)
    for one, two in zip(ours, other, strict=True):
        assert np.abs(one.positions - two.positions).max() < TOLERANCE


def test_a_session_plays_the_same_episode(deployment, degrees, policies, frames):
    played = []
    for own, policy in zip((deployment, degrees), policies, strict=True):
        session, joints = PolicySession(own, policy, Schedule('sync', execute_steps=8)), []
        state = frames[0].state
        session.buffer.instruction = 'lift the cube'
        for step in range(40):
            now_ns = to_ns(1.0 + step / 10)
            session.buffer.add_joints(JointSample(now_ns, state, np.zeros(8)))
            for camera, image in frames[step % len(frames)].images.items():
                session.buffer.add_image(camera, now_ns, image.repeat(4, axis=0).repeat(4, axis=1))
            if (seen := session.begin(now_ns)) is not None:
                session.finish(seen, infer_checked(policy, seen), now_ns)
            chunk = session.chunk
            index = min((now_ns - chunk.stamp_ns) // chunk.period_ns + 1, len(chunk.positions) - 1)
            state = chunk.positions[index]
            joints.append(state)
        assert session.counts == {'chunks': 5, 'failed_inferences': 0}
        played.append(np.array(joints))
    assert np.abs(played[0] - played[1]).max() < 1e-3


def test_a_plan_to_continue_is_said_in_the_policys_numbers(degrees, policies, frames):
    plan = np.tile(frames[0].state, (3, 1))
    seen = replace(frames[0], committed=CommittedPlan(plan, 1))
    ours, other = (policy.prepare(seen)['action'] for policy in policies)
    assert np.abs((ours - other).numpy()).max() < 1e-4


def test_the_self_test_passes_in_degrees_and_not_without_the_unit(degrees, policies):
    subject = subject_of(degrees, policies[1])
    for look in (statistics_fit_the_joints, answers_stay_in_the_data, golden_error_is_small):
        assert look(subject)[0] is Status.OK
    plain = with_policy(degrees, state=(Component(joints=degrees.policy.state_names),))
    status, said = statistics_fit_the_joints(replace(subject, deployment=plain))
    assert status is Status.FAIL
    assert 'observation.state.mean of panda_joint' in said
    assert ': degrees? unit: deg' in said
    assert 'now in state[0] of vla_policy.yaml' in said


def test_a_checkpoint_trained_here_in_degrees_is_not_served_in_radians(degrees):
    names = degrees.policy.state_names
    plain = with_policy(degrees, state=(Component(joints=names),))
    with pytest.raises(PolicyMismatchError, match='panda_joint1: .* numbers in deg; .* says rad'):
        make_policy(plain, 'cpu')


@pytest.fixture(scope='module')
def velocities(deployment, policies):
    """Return the shipped policy, its arm's numbers declared to be velocities."""
    from vla_policy_server.backends.lerobot_policy import LeRobotPolicy

    gripper = Component(joints=deployment.policy.action_names[7:])
    declared = with_policy(deployment, action=(Component('joint_velocity', tuple(ARM)), gripper))
    return LeRobotPolicy(declared, policies[0].checkpoint)


def test_velocities_are_integrated_from_the_measured_state(velocities, policies, frames):
    numbers = policies[0].infer(frames[0]).positions
    chunk = velocities.infer(frames[0])
    assert chunk.positions.shape == (17, 8)
    assert chunk.positions[0, :7] == pytest.approx(frames[0].state[:7])
    steps = np.diff(chunk.positions[:, :7], axis=0)
    assert steps == pytest.approx(numbers[:, :7] / 10.0, abs=1e-6)
    assert chunk.positions[1:, 7] == pytest.approx(numbers[:, 7])


def test_velocities_cannot_continue_a_plan(velocities):
    with pytest.raises(PolicyError, match='mode rtc: actions are of kind joint_velocity; allowed'):
        velocities.prepare_to_continue()
