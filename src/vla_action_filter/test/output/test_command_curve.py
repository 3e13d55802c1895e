"""The curve of commands keeps the limits at every instant, and ends at rest."""

from copy import deepcopy
import itertools

from hypothesis import example, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_action_filter.limits.joint_bounds import ExactBounds
from vla_action_filter.output.command_curve import CommandCurve
from vla_contract.deployment.cell import load_cell

CELL = load_cell('panda_table')
MS = 1_000_000
PERIOD_NS, LEAD_NS = 10 * MS, 50 * MS
DT = 0.01
T0 = 1_000_000 * MS
# The end of a tail is a whole microsecond, off by up to that: less than 1e-3 of what a tail of a
# millisecond brakes with.
ROUNDING = 1e-3
VELOCITY = np.array([joint.velocity for joint in CELL.joints])
ACCELERATION = np.array([joint.acceleration for joint in CELL.joints])
LOWER = np.array([joint.lower for joint in CELL.joints])
UPPER = np.array([joint.upper for joint in CELL.joints])


def limited_commands(seed: int, count: int) -> np.ndarray:
    """Commands that go to and fro as fast as the limits allow, shape (count, D)."""
    rng = np.random.default_rng(seed)
    bounds = ExactBounds(CELL.joints, DT)
    commands = [np.array(bounds.position)]
    desired = np.zeros(len(UPPER))
    for k in range(count):
        if k % 40 == 0:
            desired = rng.uniform(-1.0, 1.0, len(desired)) * VELOCITY * 1.5
        low, high = bounds.interval(1.0)
        bounds.apply(np.clip(desired, low, high).tolist())
        commands.append(np.array(bounds.position))
    return np.array(commands)


def motion(knots: list, step_ns: int) -> np.ndarray:
    """Cubic Hermite interpolation of knots, as a controller does it."""
    times = np.array([knot.time_ns for knot in knots])
    out = []
    for t in range(times[0], times[-1], step_ns):
        k = int(np.searchsorted(times, t, side='right')) - 1
        a, b = knots[k], knots[k + 1]
        span = (b.time_ns - a.time_ns) / 1e9
        s = (t - a.time_ns) / 1e9 / span
        rise = b.position - a.position
        m, n = a.velocity * span, b.velocity * span
        out.append(a.position + m * s + (3 * rise - 2 * m - n) * s**2 + (m + n - 2 * rise) * s**3)
    return np.array(out)


def filled(commands: np.ndarray, lead_ns: int = LEAD_NS) -> tuple[CommandCurve, int]:
    curve, now_ns = CommandCurve(CELL, lead_ns), T0
    curve.begin(now_ns, commands[0])
    for command in commands[1:]:
        now_ns += PERIOD_NS
        assert len(curve.dues(now_ns)) == 1
        curve.append(command)
    return curve, now_ns


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), count=st.integers(3, 200))
@example(seed=2**31 - 1, count=47)  # stops at an end stop, a third of a millisecond after another
def test_limits_hold_at_every_millisecond_up_to_rest(seed, count):
    curve, now_ns = filled(limited_commands(seed, count))
    path = motion(curve.ahead(now_ns - 240 * PERIOD_NS), MS)
    velocity = np.diff(path, axis=0) * 1e3
    acceleration = np.diff(velocity, axis=0) * 1e3
    assert np.abs(velocity / VELOCITY).max() <= 1.0 + 1e-9
    assert np.abs(acceleration / ACCELERATION).max() <= 1.0 + ROUNDING
    assert (path >= LOWER - 1e-12).all()
    assert (path <= UPPER + 1e-12).all()
    assert (curve.ahead(now_ns)[-1].velocity == 0.0).all()


def test_successive_curves_agree_where_they_overlap():
    commands = limited_commands(1, 100)
    curve, now_ns = filled(commands[:60])
    before = curve.ahead(now_ns)[:3]
    curve.append(commands[60])
    after = {knot.time_ns: knot for knot in curve.ahead(now_ns)}
    for knot in before:
        np.testing.assert_array_equal(after[knot.time_ns].position, knot.position)
        np.testing.assert_array_equal(after[knot.time_ns].velocity, knot.velocity)


def test_the_first_point_lies_in_the_past_and_times_increase():
    curve, now_ns = filled(limited_commands(2, 50))
    times = [knot.time_ns for knot in curve.ahead(now_ns)]
    assert times[0] <= now_ns
    assert all(a < b for a, b in itertools.pairwise(times))


def test_the_tail_brakes_all_joints_together():
    curve, now_ns = filled(limited_commands(3, 57))
    knots = curve.ahead(now_ns)
    moving = np.flatnonzero(knots[-2].velocity)
    assert len(moving) > 1
    assert (knots[-1].velocity == 0.0).all()
    duration = (knots[-1].time_ns - knots[-2].time_ns) / 1e9
    assert duration == pytest.approx(np.abs(knots[-2].velocity / ACCELERATION).max(), abs=1e-6)


def test_near_an_end_stop_each_joint_brakes_alone():
    """With the slowest joint's time the one near its limit would go past it."""
    bounds = ExactBounds(CELL.joints, DT)
    start = np.array(bounds.position)
    start[0] = UPPER[0] - 0.3
    bounds.reset(start)
    commands = [start]
    for _ in range(60):
        low, high = bounds.interval(1.0)
        speeds = np.zeros(8)
        speeds[0], speeds[1] = high[0], -0.9 * VELOCITY[1]
        bounds.apply(np.clip(speeds, low, high).tolist())
        commands.append(np.array(bounds.position))
        curve, now_ns = filled(np.array(commands))
        assert (motion(curve.ahead(now_ns), MS) <= UPPER + 1e-12).all()


def test_joints_that_stop_at_one_time_within_rounding_share_a_point():
    # joint_trajectory_controller refuses a trajectory whose times do not increase.
    home = np.array([joint.home for joint in CELL.joints])
    for k in range(1, 2000):
        speed = np.zeros_like(home)
        speed[:7] = k * 1e-3 * ACCELERATION[:7] / 15.0 * (1.0 + 1e-15 * np.arange(7))
        start = home.copy()
        # So near its end stop that each joint brakes alone.
        start[0] = UPPER[0] - speed[0] * DT
        curve, now_ns = filled(np.array([start, start + speed * DT]))
        times = [knot.time_ns for knot in curve.ahead(now_ns)]
        assert all(b - a >= 1000 for a, b in itertools.pairwise(times))


def test_a_cycle_that_was_left_out_is_caught_up():
    curve, now_ns = filled(limited_commands(4, 20))
    assert curve.dues(now_ns) == []
    assert len(curve.dues(now_ns + 2 * PERIOD_NS)) == 2
    assert not curve.is_overtaken(now_ns + 2 * PERIOD_NS)


@pytest.mark.parametrize('late_ms', [40, 60, 150, 1000])
def test_a_cycle_that_comes_too_late_goes_on_from_the_tail(late_ms):
    curve, now_ns = filled(limited_commands(5, 55))
    late_ns = now_ns + late_ms * MS
    assert curve.is_overtaken(late_ns)
    before = deepcopy(curve)
    command, velocity = curve.rejoin(late_ns)
    rejoined_ns = curve.ahead(late_ns + 100 * MS)[0].time_ns
    assert 10 * MS <= rejoined_ns - late_ns < 20 * MS
    expected, speed = before.sample(rejoined_ns)
    np.testing.assert_allclose(velocity, speed)
    np.testing.assert_allclose(command, expected + speed * DT / 2)
    curve.append(command + velocity * DT)
    path = motion(curve.ahead(late_ns - 60 * MS), MS)
    acceleration = np.diff(path, 2, axis=0) * 1e6
    assert np.abs(acceleration / ACCELERATION).max() <= 1.0 + ROUNDING
