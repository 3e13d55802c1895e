"""The laws of every source of joint bounds: whatever speed inside the interval is chosen."""

from dataclasses import replace
import sys

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_action_filter.limits.jerk_bounds import JerkBounds, needs_jerk_bounds
from vla_action_filter.limits.joint_bounds import ExactBounds
from vla_contract.deployment.robot import Joint
from vla_contract.errors import VlaError


def make_joint(velocity: float, acceleration: float, jerk: float) -> Joint:
    return Joint(
        name='j', type='revolute', lower=-1.0, upper=1.5, velocity=velocity,
        acceleration=acceleration, jerk=jerk, effort=1.0, home=0.0, model_joint='j',
    )  # fmt: skip


limits = st.tuples(
    st.floats(0.1, 5.0),  # velocity
    st.floats(0.5, 30.0),  # acceleration
    st.floats(5.0, 5000.0),  # jerk
    st.floats(0.002, 0.05),  # dt
)
# Where in the interval the speed is chosen, and the speed scale.
choices = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.3, 0.5, 1.0]) | st.floats(0.0, 1.0),
        st.sampled_from([0.0, 0.1, 0.5, 1.0, 1.0]),
    ),
    min_size=1,
    max_size=80,
)


@settings(max_examples=300, deadline=None)
@given(limits, st.floats(-1.0, 1.5), choices)
def test_position_velocity_and_acceleration_hold_for_every_choice(limits, start, choices):
    velocity, acceleration, jerk, dt = limits
    bounds = ExactBounds([make_joint(velocity, acceleration, jerk)], dt)
    bounds.reset([start])
    position, speed = start, 0.0
    for share, scale in choices:
        (low,), (high,) = bounds.interval(scale)
        assert low <= high + 1e-12
        chosen = min(max(low + share * (high - low), low), high)
        bounds.apply([chosen])
        assert -1.0 <= bounds.position[0] <= 1.5
        assert abs(chosen) <= velocity * (1 + 1e-12)
        assert abs(chosen - speed) <= acceleration * dt * (1 + 1e-9)
        assert bounds.position[0] == pytest.approx(position + chosen * dt, abs=1e-12)
        position, speed = bounds.position[0], chosen


@settings(max_examples=150, deadline=None)
@given(limits, st.floats(-1.0, 1.5), choices)
def test_jerk_holds_as_well_for_every_choice(limits, start, choices):
    velocity, acceleration, jerk, dt = limits
    bounds = JerkBounds([make_joint(velocity, acceleration, jerk)], dt)
    bounds.reset([start])
    # Differences of the positions that are sent, which is all that a motor ever sees.
    sent = [start] * 3
    for share, scale in choices:
        (low,), (high,) = bounds.interval(scale)
        assert low <= high + 1e-12
        bounds.apply([min(max(low + share * (high - low), low), high)])
        sent = [*sent[-3:], bounds.position[0]]
        assert -1.0 <= sent[-1] <= 1.5
        v, a, j = (np.diff(sent[-4:], n)[-1] / dt**n for n in (1, 2, 3))
        assert abs(v) <= velocity * (1 + 1e-6)
        assert abs(a) <= acceleration * (1 + 1e-6) + 1e-12 / dt**2
        assert abs(j) <= jerk * (1 + 1e-6) + 1e-12 / dt**3


@pytest.mark.parametrize('kind', [ExactBounds, JerkBounds])
def test_a_lower_speed_scale_is_reached_within_the_limits(kind):
    bounds = kind([make_joint(2.0, 5.0, 50.0)], 0.01)
    bounds.reset([-1.0])
    for _ in range(60):
        bounds.apply(bounds.interval(1.0)[1])
    assert bounds.velocity[0] > 1.0
    for _ in range(60):
        bounds.apply(bounds.interval(0.1)[1])
    assert bounds.velocity[0] == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize('kind', [ExactBounds, JerkBounds])
def test_a_start_outside_the_limits_begins_at_the_limit(kind):
    bounds = kind([make_joint(2.0, 5.0, 50.0)], 0.01)
    bounds.reset([1.7])
    bounds.apply(bounds.interval(1.0)[1])
    assert bounds.position == [1.5]


def test_rest_exactly_on_a_limit_allows_no_step_outwards():
    joint = make_joint(0.4, 3.6, 29.0)
    bounds = JerkBounds([replace(joint, lower=-2.3029416591348073, upper=-2.1966)], 0.0317)
    bounds.reset([-3.0])
    assert bounds.interval(1.0)[0] == [0.0]


def test_a_jerk_limit_above_two_accelerations_per_cycle_holds_by_itself():
    assert not needs_jerk_bounds([make_joint(2.0, 5.0, 1000.0)], 0.01, 1.0, 1.0)
    assert needs_jerk_bounds([make_joint(2.0, 5.0, 999.0)], 0.01, 1.0, 1.0)
    assert needs_jerk_bounds([make_joint(2.0, 5.0, 1000.0)], 0.01, 1.0, 0.1)


def test_without_klimits_a_limit_of_jerk_is_refused_and_nothing_else(monkeypatch):
    monkeypatch.setitem(sys.modules, 'klimits', None)
    joints = [make_joint(2.0, 10.0, 2000.0)]
    assert not needs_jerk_bounds(joints, 0.01, 1.0, 1.0)
    with pytest.raises(VlaError, match='wheels for x86-64 only: .*; allowed: klimits built from'):
        JerkBounds(joints, 0.002)
