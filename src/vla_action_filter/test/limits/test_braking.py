from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_action_filter.limits.braking import braking_speed


@settings(deadline=None)
@given(st.floats(1e-9, 10.0), st.floats(0.1, 50.0), st.floats(1e-3, 0.1))
def test_braking_speed_is_the_inverse_of_the_braking_distance(distance, acceleration, dt):
    speed = braking_speed(distance, acceleration, dt)
    count = int(speed / (acceleration * dt)) + 2
    speeds = np.maximum(0.0, speed - np.arange(count) * acceleration * dt)
    assert dt * speeds.sum() == pytest.approx(distance, rel=1e-9)


def test_nothing_is_left_beyond_the_limit():
    assert braking_speed(-0.1, 1.0, 0.01) == 0.0
