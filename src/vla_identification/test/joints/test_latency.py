"""Delays that were put in come out again, to a fraction of a sample."""

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_identification.joints.latency import LatencyError, measure_delay

TIME = np.arange(0.0, 8.0, 0.01)


def motion(time: np.ndarray, seed: int) -> np.ndarray:
    """A smooth motion without a period: a sum of sines that never repeats."""
    rng = np.random.default_rng(seed)
    frequencies = rng.uniform(0.2, 1.5, 6)
    phases = rng.uniform(0.0, 2.0 * np.pi, 6)
    return np.sin(2.0 * np.pi * frequencies * time[:, None] + phases).sum(axis=1)


@settings(deadline=None, max_examples=40)
@given(
    delay_s=st.floats(0.0, 0.6),
    rate_hz=st.floats(10.0, 100.0),
    gain=st.floats(0.01, 100.0),
    offset=st.floats(-10.0, 10.0),
    seed=st.integers(0, 1000),
)
def test_a_synthetic_delay_is_found_to_a_millisecond(delay_s, rate_hz, gain, offset, seed):
    response_s = np.arange(0.0, 8.0, 1.0 / rate_hz)
    response = offset + gain * motion(response_s - delay_s, seed)
    found = measure_delay(TIME, motion(TIME, seed), response_s, response)
    assert found.seconds == pytest.approx(delay_s, abs=1e-3)
    assert found.correlation > 0.999
    assert found.is_trustworthy


@settings(deadline=None, max_examples=30)
@given(delay_s=st.floats(0.02, 0.5), noise=st.floats(0.02, 0.5), seed=st.integers(0, 1000))
def test_the_stated_sigma_covers_the_error(delay_s, noise, seed):
    response_s = np.arange(0.0, 8.0, 1.0 / 30.0)
    response = motion(response_s - delay_s, seed)
    response += np.random.default_rng(seed).normal(0.0, noise, len(response))
    found = measure_delay(TIME, motion(TIME, seed), response_s, response)
    assert abs(found.seconds - delay_s) < 5.0 * found.sigma_s + 1e-3


@settings(deadline=None, max_examples=20)
@given(delay_s=st.floats(-0.25, 0.25), seed=st.integers(0, 1000))
def test_stamps_that_are_early_give_a_negative_delay_and_a_mirror_image_is_allowed(delay_s, seed):
    response = -motion(TIME - delay_s, seed)
    found = measure_delay(TIME, motion(TIME, seed), TIME, response, 0.3, -0.3, either_sign=True)
    assert found.seconds == pytest.approx(delay_s, abs=1e-3)


def test_noise_is_not_trustworthy():
    rng = np.random.default_rng(0)
    found = measure_delay(TIME, motion(TIME, 1), TIME, rng.normal(size=len(TIME)))
    assert not found.is_trustworthy


def test_a_delay_beyond_the_longest_tried_is_not_trustworthy():
    found = measure_delay(TIME, motion(TIME, 1), TIME, motion(TIME - 0.4, 1), most_s=0.2)
    assert found.is_at_limit
    assert not found.is_trustworthy


def test_what_says_nothing_is_refused():
    with pytest.raises(LatencyError, match='the reference does not move'):
        measure_delay(TIME, np.zeros(len(TIME)), TIME, motion(TIME, 1))
    with pytest.raises(LatencyError, match='the response does not move'):
        measure_delay(TIME, motion(TIME, 1), TIME, np.ones(len(TIME)))
    with pytest.raises(LatencyError, match='found 0 samples that both signals cover'):
        measure_delay(TIME, motion(TIME, 1), TIME + 100.0, motion(TIME, 1))
    with pytest.raises(LatencyError, match='not finite'):
        measure_delay(TIME, np.full(len(TIME), np.nan), TIME, motion(TIME, 1))
