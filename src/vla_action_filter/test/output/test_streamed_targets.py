"""Targets that come one at a time, through the filter as its node runs it."""

from collections.abc import Callable

import numpy as np
import pytest
from vla_action_filter.config import FilterConfig
from vla_action_filter.output.command_loop import CommandLoop
from vla_contract.deployment.deployment import load_cell_of
from vla_contract.filter_status import Verdict
from vla_contract.joints.target_stream import TargetStream
from vla_contract.values import ActionChunk, JointSample, to_ns, Vector

CELL = load_cell_of('panda_lift_cube')
CONFIG = FilterConfig(simulated=True, arming_s=0.0, ramp_grippers=False)
PERIOD_NS = to_ns(1.0 / CELL.rates.filter_hz)
DELIVERY_NS = to_ns(0.005)

Chunks = Callable[[Vector, int], ActionChunk | None]


def sway(time_s: float) -> Vector:
    """Return what a hand at a leader arm does: 0.4 rad twice a second, swelling at first."""
    target = CELL.home
    target[0] += 0.4 * np.sin(np.pi * time_s) * min(1.0, time_s)
    return target


def played(chunks: Chunks, hz: float) -> tuple[Vector, Vector, list[Verdict], list[str]]:
    """Return times [s], commands of the first joint, verdicts and refusals of 6 s."""
    loop, arm = CommandLoop(CELL, CONFIG), CELL.home
    times, commands, verdicts, refusals = [], [], [], []
    waiting: list[tuple[int, ActionChunk]] = []
    tick = 0
    for now_ns in range(to_ns(1.0), to_ns(7.0), PERIOD_NS):
        while to_ns(1.0 + tick / hz) <= now_ns:
            stamp_ns = to_ns(1.0 + tick / hz)
            chunk = chunks(sway(tick / hz), stamp_ns)
            waiting += [] if chunk is None else [(stamp_ns + DELIVERY_NS, chunk)]
            tick += 1
        for _, chunk in [entry for entry in waiting if entry[0] <= now_ns]:
            refusals.append(loop.filter.offer_chunk(chunk, now_ns))
        waiting = [entry for entry in waiting if entry[0] > now_ns]
        loop.filter.offer_joints(JointSample(now_ns, arm, np.zeros(len(arm))))
        orders = loop.cycle(now_ns)
        verdicts.append(orders.result.verdict)
        for command in orders.played:
            arm = command.command
            times.append(command.time_ns / 1e9 - 1.0)
            commands.append(arm[0])
    return np.array(times), np.array(commands), verdicts[200:], list(filter(None, refusals))


def lag_and_error(times: Vector, commands: Vector) -> tuple[float, float]:
    """Return by how much the commands are best explained as late [s], and what is left [rad]."""
    late = times > 2.0
    grid = np.arange(0.0, 6.5, 0.002)
    swayed = np.array([sway(time)[0] for time in grid])
    found = [
        (np.sqrt(np.mean((np.interp(times[late] - lag, grid, swayed) - commands[late]) ** 2)), lag)
        for lag in np.arange(0.0, 0.4, 0.002)
    ]
    error, lag = min(found)
    return float(lag), float(error)


@pytest.mark.parametrize(('hz', 'most_lag_s'), [(10.0, 0.18), (30.0, 0.11), (60.0, 0.11)])
def test_a_stream_is_followed_smoothly_and_hardly_late(hz, most_lag_s):
    stream = TargetStream(CELL, CONFIG.lead_s + 0.01, 1.0 / hz)
    times, commands, verdicts, refusals = played(stream.chunk, hz)
    lag, error = lag_and_error(times, commands)
    assert refusals == []
    assert lag <= most_lag_s
    assert error < 0.003
    assert np.mean([verdict is Verdict.PASS for verdict in verdicts]) > 0.99


def test_two_points_per_target_would_be_late_and_uneven():
    """The reason for the stream: the filter joins the next pair before it has played this one."""
    before = [CELL.home]

    def naive(target: Vector, now_ns: int) -> ActionChunk:
        before.append(target)
        return ActionChunk(now_ns, to_ns(1 / 60), np.stack(before[-2:]))

    times, commands, _, _ = played(naive, 60.0)
    lag, error = lag_and_error(times, commands)
    assert lag > 0.3
    assert error > 0.1


def test_a_leader_that_is_far_away_is_refused_as_a_jump():
    stream = TargetStream(CELL, CONFIG.lead_s + 0.01, 1 / 30)
    far = CELL.home
    far[0] += 2.0
    loop = CommandLoop(CELL, CONFIG)
    refusals = []
    for now_ns in range(to_ns(1.0), to_ns(1.5), PERIOD_NS):
        loop.filter.offer_joints(JointSample(now_ns, CELL.home, np.zeros(len(far))))
        loop.cycle(now_ns)
        chunk = stream.chunk(far, now_ns)
        refusals += [] if chunk is None else [loop.filter.offer_chunk(chunk, now_ns)]
    assert refusals
    assert all(refusal.startswith('jump panda_joint1') for refusal in refusals)
    assert loop.filter.motion.position == pytest.approx(CELL.home)
