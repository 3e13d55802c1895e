from dataclasses import replace

from flow_network import CHUNK, FlowNetwork, JOINTS
import numpy as np
import pytest
from vla_contract.values import CommittedPlan, Observation
from vla_lerobot.checkpoints.checkpoint import load_checkpoint
from vla_policy_server.backends.continuation import Continuation
from vla_policy_server.backends.lerobot_policy import LeRobotPolicy

STATE = np.array([0.0, 0.15, 0.0, -2.15, 0.0, 2.30, 0.785, 0.0])
IMAGE = np.full((384, 384, 3), 128, np.uint8)


@pytest.fixture(scope='module')
def checkpoint(deployment):
    return load_checkpoint(deployment, 'cpu')


@pytest.fixture
def policy(deployment, checkpoint):
    policy = LeRobotPolicy(deployment, replace(checkpoint, network=FlowNetwork()))
    policy.prepare_to_continue()
    return policy


def seen(committed: CommittedPlan | None = None) -> Observation:
    return Observation(0, STATE, {'top': IMAGE}, '', committed=committed)


def rest(steps: int, offset: float = 0.02) -> np.ndarray:
    """Return a plan near the state, as an arm in motion has one."""
    return STATE + offset * np.arange(1, steps + 1)[:, None]


def test_without_a_plan_the_chunk_is_the_policys_own(policy):
    chunk = policy.infer(seen())
    assert policy.predictor.asked == {}
    stats = policy.checkpoint.postprocess.steps[0].stats['action']
    expected = policy.predictor.target.numpy() * np.array(stats['std']) + np.array(stats['mean'])
    assert chunk.positions == pytest.approx(expected, abs=1e-5)


def test_the_plan_reaches_the_network_normalised_and_held_at_its_end(policy):
    plan = rest(6)
    policy.infer(seen(CommittedPlan(plan, 3)))
    asked = policy.predictor.asked
    stats = policy.checkpoint.postprocess.steps[0].stats['action']
    expected = (plan - np.array(stats['mean'])) / np.array(stats['std'])
    given = asked['prev_chunk_left_over'].numpy()
    assert given.shape == (CHUNK, JOINTS)
    assert given[:6] == pytest.approx(expected, abs=1e-4)
    assert (given[6:] == given[5]).all()
    assert asked['inference_delay'] == 3
    assert policy.predictor.config.rtc_config.execution_horizon == 6


def test_steps_that_will_have_been_played_stay_as_they_are(policy):
    plan = rest(8)
    alone = policy.infer(seen()).positions
    continued = policy.infer(seen(CommittedPlan(plan, 4))).positions
    arm = slice(0, 7)
    before = np.abs(alone[:4, arm] - plan[:4, arm]).max()
    after = np.abs(continued[:4, arm] - plan[:4, arm]).max()
    assert after < 0.1 * before
    assert continued[8:] == pytest.approx(alone[8:], abs=1e-5)


def test_a_plan_longer_than_a_chunk_is_cut(policy):
    policy.infer(seen(CommittedPlan(rest(20), 20)))
    assert policy.predictor.asked['inference_delay'] == CHUNK
    assert policy.predictor.asked['prev_chunk_left_over'].shape == (CHUNK, JOINTS)


def test_the_attention_to_the_old_plan_falls_exponentially():
    network = FlowNetwork()
    Continuation(network)
    assert network.config.rtc_config.prefix_attention_schedule.value == 'EXP'
