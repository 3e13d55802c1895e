"""Every type of policy answers as in LeRobot's own loop, from the observation alone."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lerobot_loop import LeRobotLoop
import numpy as np
import pytest
from tiny_checkpoints import deployment_of, write_checkpoint
from tiny_language import shrink_pi, write_tokenizer
from vla_contract.deployment.deployment import Deployment
from vla_contract.policy import earlier_steps
from vla_contract.values import JointSample, Observation, to_ns
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.serving.observation_buffer import ObservationBuffer

TICKS = 12
TOLERANCE = 1e-6
# Type, changes of its configuration, and how many actions LeRobot plays of a plan.
TYPES = {
    'act': ('act', {}, 6),
    'diffusion': ('diffusion', {}, 6),
    'diffusion of one observation': ('diffusion', {'n_obs_steps': 1}, 6),
    'vqbet': ('vqbet', {}, 6),
    'vqbet of one observation': ('vqbet', {'n_obs_steps': 1}, 6),
    'multi_task_dit': ('multi_task_dit', {}, 6),
    'smolvla': ('smolvla', {}, 6),
    'pi0': ('pi0', {}, 6),
    'pi05': ('pi05', {}, 6),
    'tdmpc': ('tdmpc', {}, 1),
    'gaussian_actor': ('gaussian_actor', {}, 1),
}


@pytest.fixture(params=TYPES)
def served(request, deployment, tmp_path, monkeypatch) -> tuple[Deployment, int]:
    """Return the deployment of a tiny checkpoint, and the actions played of a plan."""
    kind, changes, played = TYPES[request.param]
    monkeypatch.setenv('HF_HUB_OFFLINE', '1')
    if kind.startswith('pi'):
        write_tokenizer(tmp_path / 'tokenizer')
        shrink_pi(monkeypatch, kind, tmp_path / 'tokenizer')
    # LeRobot's TD-MPC takes no other name of its image.
    feature = 'observation.image' if kind == 'tdmpc' else ''
    made = deployment_of(deployment, tmp_path / 'policy', feature)
    write_checkpoint(made, kind, Path(made.policy.source), **changes)
    return made, played


def episode(deployment: Deployment, earlier: int, seed: int) -> Iterator[Observation]:
    """Yield what the policy server sees once a period; cameras are three times as fast."""
    rng = np.random.default_rng(seed)
    buffer = ObservationBuffer(deployment, True, (), earlier)
    buffer.instruction = 'lift the cube'
    camera = deployment.cell.cameras[0]
    start_ns, period_ns = to_ns(100.0 * seed), to_ns(1.0 / deployment.policy.rate_hz)
    buffer.clear(start_ns)
    state = deployment.cell.home
    for frame in range(3 * TICKS):
        stamp_ns = start_ns + frame * period_ns // 3
        state = state + rng.normal(0.0, 0.01, len(state))
        coarse = rng.integers(0, 256, (8, 8, 3), np.uint8)
        image = np.kron(coarse, np.ones((camera.height // 8, camera.width // 8, 1), np.uint8))
        buffer.add_joints(JointSample(stamp_ns, state, np.zeros_like(state)))
        buffer.add_image(camera.name, stamp_ns, image)
        if frame % 3 == 0:
            observation = buffer.observe(stamp_ns)
            assert isinstance(observation, Observation), observation
            yield observation


def test_a_policy_answers_as_in_lerobots_loop(served):
    deployment, played = served
    policy = make_policy(deployment, 'cpu')
    planning, acting = LeRobotLoop(deployment), LeRobotLoop(deployment)
    for seed in (1, 2):
        for one in (policy, planning, acting):
            one.reset()
        for tick, seen in enumerate(episode(deployment, earlier_steps(policy), seed)):
            answer = with_seed(tick, policy.infer, seen)
            assert answer.stamp_ns == seen.stamp_ns
            assert away(answer.positions, with_seed(tick, planning.plan, seen)) <= TOLERANCE
            if tick % played == 0:
                chunk = answer.positions
            sent = with_seed(tick, acting.act, seen)
            assert away(chunk[tick % played], sent) <= TOLERANCE


def test_what_was_asked_before_does_not_matter(served):
    deployment, _ = served
    policy = make_policy(deployment, 'cpu')
    if policy.checkpoint.network.config.type == 'tdmpc':
        pytest.skip('it starts from its last plan, as in LeRobot')
    first, *_, last = episode(deployment, earlier_steps(policy), 1)
    alone = with_seed(0, policy.infer, last).positions
    if earlier_steps(policy):
        unaware = with_seed(0, policy.infer, replace(last, earlier=())).positions
        assert away(unaware, alone) > 100 * TOLERANCE
    policy.infer(first)
    assert (with_seed(0, policy.infer, last).positions == alone).all()


def with_seed(seed: int, ask: Callable[[Observation], Any], observation: Observation) -> Any:
    """Ask on an observation; policies that draw noise draw the same with the same seed."""
    import torch

    torch.manual_seed(seed)
    return ask(observation)


def away(found: Any, expected: Any) -> float:
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max())
