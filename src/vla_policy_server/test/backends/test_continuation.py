from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from vla_contract.values import CommittedPlan, Observation
from vla_lerobot.checkpoints.checkpoint import load_checkpoint
from vla_policy_server.backends.continuation import Continuation
from vla_policy_server.backends.lerobot_policy import LeRobotPolicy

CHUNK, JOINTS = 16, 8
STATE = np.array([0.0, 0.15, 0.0, -2.15, 0.0, 2.30, 0.785, 0.0])
IMAGE = np.full((384, 384, 3), 128, np.uint8)


class FlowNetwork:
    """A flow-matching policy whose answer is known, guided by LeRobot's own processor."""

    def __init__(self) -> None:
        self.config = SimpleNamespace(type='flow', chunk_size=CHUNK, rtc_config=None)
        self.rtc_processor = None
        self.target = torch.linspace(-1, 1, CHUNK)[:, None].expand(CHUNK, JOINTS).clone()
        self.asked: dict[str, object] = {}

    def supports_rtc(self) -> bool:
        return True

    def init_rtc_processor(self) -> None:
        from lerobot.policies.rtc.modeling_rtc import RTCProcessor

        self.rtc_processor = RTCProcessor(self.config.rtc_config)

    def predict_action_chunk(self, batch, **guidance):
        """Integrate from a fixed noise to the target in ten steps, as SmolVLA and pi0 do."""
        self.asked = guidance
        x = torch.randn(1, CHUNK, JOINTS, generator=torch.Generator().manual_seed(0))
        for step in range(10):
            t = 1.0 - step / 10

            def velocity(x, t=t):
                return (x - self.target) / t

            if guidance:
                v = self.rtc_processor.denoise_step(
                    x_t=x,
                    prev_chunk_left_over=guidance['prev_chunk_left_over'],
                    inference_delay=guidance['inference_delay'],
                    time=t,
                    original_denoise_step_partial=velocity,
                )
            else:
                v = velocity(x)
            x = x - v / 10
        return x

    def reset(self) -> None:
        pass


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
