from dataclasses import replace

import numpy as np
import pytest
from vla_action_filter.config import FilterConfig
from vla_contract.deployment.deployment import load_deployment
from vla_policy_server.backends.registry import make_policy
from vla_rollout.episodes.in_process.closed_loop import ClosedLoop
from vla_rollout.episodes.in_process.stepped_loop import SteppedLoop
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.scene.world import World

HOLD = load_deployment(backend='hold')
BLIND = replace(HOLD, policy=replace(HOLD.policy, cameras=()))


@pytest.fixture(scope='module')
def loop() -> SteppedLoop:
    return SteppedLoop(World(BLIND), FilterConfig())


def test_the_same_seed_is_the_same_scene_as_in_a_closed_loop(loop):
    short = replace(BLIND, task=replace(BLIND.task, time_limit_s=0.2))
    closed = ClosedLoop(World(short), make_policy(short, 'cpu'), None, 4, 0.0)
    for seed in (0, 3):
        assert loop.reset(seed)['values'] == closed.run(seed).manifest['values']


@pytest.mark.parametrize('rate_hz', [10.0, 30.0, 15.0])
def test_a_step_lasts_one_period_of_the_policy(rate_hz):
    loop = SteppedLoop(World(replace(BLIND, policy=replace(BLIND.policy, rate_hz=rate_hz))), None)
    loop.reset(0)
    start_ns = loop.world.time_ns
    times_s = [(loop.step(BLIND.cell.home).time_ns - start_ns) / 1e9 for _ in range(30)]
    cycle_s = 1.0 / BLIND.cell.rates.filter_hz
    assert times_s == pytest.approx(np.arange(1, 31) / rate_hz, abs=cycle_s + 1e-9)


def test_the_arm_goes_where_it_is_told_smoothly(loop):
    loop.reset(0)
    target = loop.observe().state
    for _ in range(10):
        target = target + np.array([0.02, 0, 0, 0, 0, 0, 0, 0])
        assert not loop.step(target).stop_cause
    for _ in range(5):
        loop.step(target)
    assert loop.observe().state[0] == pytest.approx(target[0], abs=0.01)
    assert loop.refusal == ''


def test_a_jump_is_refused_and_moves_nothing(loop):
    loop.reset(0)
    before = loop.observe().state
    far = before + np.array([2.5, 0, 0, 0, 0, 0, 0, 0])
    for _ in range(3):
        loop.step(far)
        assert loop.refusal.startswith('jump panda_joint1')
    assert loop.observe().state == pytest.approx(before, abs=0.01)
    near = before + np.array([0.02, 0, 0, 0, 0, 0, 0, 0])
    for _ in range(5):
        loop.step(near)
    assert loop.refusal == ''
    assert loop.observe().state[0] == pytest.approx(near[0], abs=0.01)


def test_an_image_is_seen_after_its_latency_with_the_joints_of_its_time():
    deployment = load_deployment()
    loop = SteppedLoop(World(deployment, load_randomization('pseudo_real_c')), FilterConfig())
    loop.reset(0)
    for _ in range(3):
        loop.step(loop.observe().state)
        seen = loop.observe()
        assert 0 < loop.world.time_ns - seen.stamp_ns < 500_000_000
        assert seen.images['top'].shape == (384, 384, 3)


def test_what_is_seen_now_is_drawn_now():
    """Without latency an image is as old as the cameras' period at most."""
    deployment = load_deployment()
    loop = SteppedLoop(World(deployment), FilterConfig())
    loop.reset(0)
    loop.step(loop.observe().state)
    period_s = 1.0 / deployment.cell.cameras[0].rate_hz
    assert loop.world.time_ns - loop.observe().stamp_ns <= period_s * 1e9 + 10_000_000
