import numpy as np
import pytest
from vla_action_filter.smoother import EmaSmoother


def test_first_sample_passes_through():
    position, velocity = EmaSmoother(0.7).smooth(np.array([1.0, 2.0]), np.array([0.1, 0.2]))
    assert position.tolist() == [1.0, 2.0]
    assert velocity.tolist() == [0.1, 0.2]


def test_the_tutorials_average_is_kept():
    smoother = EmaSmoother(0.7)
    smoother.smooth(np.array([0.0]), np.array([0.0]))
    position, _ = smoother.smooth(np.array([1.0]), np.array([0.0]))
    assert position[0] == pytest.approx(0.7)


def test_a_steady_motion_lags_by_the_stated_time():
    smoother, period, speed = EmaSmoother(0.25), 0.01, 2.0
    for k in range(200):
        position, velocity = smoother.smooth(np.array([speed * k * period]), np.array([speed]))
    assert (speed * 199 * period - position[0]) / speed == pytest.approx(smoother.lag_s(period))
    assert velocity[0] == pytest.approx(speed)


def test_reset_forgets_the_past():
    smoother = EmaSmoother(0.1)
    smoother.smooth(np.array([0.0]), np.array([0.0]))
    smoother.reset()
    assert smoother.smooth(np.array([5.0]), np.array([0.0]))[0][0] == 5.0
