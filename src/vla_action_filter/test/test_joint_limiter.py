from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_action_filter.joint_limiter import braking_speed, JointLimiter
from vla_contract.contract import Joint

limits = st.tuples(
    st.floats(0.1, 5.0),  # velocity
    st.floats(0.5, 30.0),  # acceleration
    st.floats(0.001, 0.05),  # dt
)
wishes = st.lists(
    st.tuples(
        st.floats(-1e308, 1e308), st.floats(-1e308, 1e308), st.sampled_from([0.0, 0.1, 0.5, 1.0])
    ),
    min_size=1,
    max_size=80,
)


def make_limiter(velocity: float, acceleration: float, dt: float) -> JointLimiter:
    joint = Joint(
        name='j', type='revolute', lower=-1.0, upper=1.5, velocity=velocity,
        acceleration=acceleration, jerk=1e9, effort=1.0, home=0.0, model_joint='j',
    )  # fmt: skip
    return JointLimiter(joint, dt, 1.0, 1.0)


@settings(max_examples=300, deadline=None)
@given(limits, st.floats(-1.0, 1.5), wishes)
def test_position_velocity_and_acceleration_hold_for_every_input(limits, start, wishes):
    velocity, acceleration, dt = limits
    limiter = make_limiter(velocity, acceleration, dt)
    limiter.reset(start)
    position, speed = start, 0.0
    for target, target_velocity, scale in wishes:
        step = limiter.step(target, target_velocity, scale)
        assert -1.0 <= step.position <= 1.5
        assert abs(step.velocity) <= velocity * (1 + 1e-12)
        assert abs(step.velocity - speed) <= acceleration * dt * (1 + 1e-9)
        assert step.position == pytest.approx(position + step.velocity * dt, abs=1e-12)
        position, speed = step.position, step.velocity


@given(st.floats(1e-9, 10.0), st.floats(0.1, 50.0), st.floats(1e-3, 0.1))
def test_braking_speed_is_the_inverse_of_the_braking_distance(distance, acceleration, dt):
    speed = braking_speed(distance, acceleration, dt)
    count = int(speed / (acceleration * dt)) + 2
    speeds = np.maximum(0.0, speed - np.arange(count) * acceleration * dt)
    assert dt * speeds.sum() == pytest.approx(distance, rel=1e-9)


def test_a_slower_speed_scale_ramps_down_within_the_acceleration_limit():
    limiter = make_limiter(2.0, 5.0, 0.01)
    for _ in range(100):
        limiter.step(1.4, 0.0, 1.0)
        if limiter.velocity > 1.5:
            break
    before = limiter.velocity
    step = limiter.step(1.4, 0.0, 0.1)
    assert step.velocity == pytest.approx(before - 0.05)


def test_a_reachable_moving_target_is_tracked_without_lag():
    limiter = make_limiter(2.0, 10.0, 0.01)
    time, amplitude, omega = 0.0, 0.3, 3.0
    errors = []
    for _ in range(400):
        time += 0.01
        target, velocity = (
            amplitude * np.sin(omega * time),
            amplitude * omega * np.cos(omega * time),
        )
        step = limiter.step(float(target), float(velocity), 1.0)
        errors.append(abs(step.position - target))
    assert max(errors[50:]) < 1e-3


def test_a_still_target_is_reached_without_overshoot():
    limiter = make_limiter(2.0, 10.0, 0.01)
    positions = [limiter.step(1.0, 0.0, 1.0).position for _ in range(300)]
    assert max(positions) <= 1.0 + 1e-9
    assert positions[-1] == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(
    ('target', 'scale', 'bound'),
    [(1.0, 1.0, 'acceleration'), (0.0, 1.0, ''), (2.0, 1.0, 'position'), (1.0, 0.01, 'velocity')],
)
def test_the_active_bound_is_named(target, scale, bound):
    assert make_limiter(2.0, 10.0, 0.01).step(target, 0.0, scale).bound == bound


def test_a_start_outside_the_limits_begins_at_the_limit():
    limiter = make_limiter(2.0, 10.0, 0.01)
    limiter.reset(1.7)
    assert limiter.position == 1.5
    assert limiter.step(3.0, 0.0, 1.0).position == 1.5
