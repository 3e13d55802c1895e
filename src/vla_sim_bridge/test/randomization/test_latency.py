from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_sim_bridge.randomization.latency import Latency


def latency(constant_s=0.03, jitter_s=0.04, seed=0) -> Latency:
    return Latency(constant_s, jitter_s, np.random.default_rng(seed))


def test_without_jitter_it_is_constant():
    assert (latency(jitter_s=0.0).at(np.linspace(0.0, 60.0, 500)) == 0.03).all()


def test_extras_fill_the_range_evenly():
    drawn = np.concatenate([latency(seed=k).at(np.arange(0.0, 40.0, 0.01)) for k in range(50)])
    assert 0.03 <= drawn.min() < 0.031
    assert 0.069 < drawn.max() <= 0.07
    assert drawn.mean() == pytest.approx(0.05, abs=0.001)
    assert drawn.std() == pytest.approx(0.04 / np.sqrt(12.0), rel=0.05)


def test_a_latency_is_held_for_a_tenth_of_a_second_in_the_mean():
    drawn = np.concatenate([latency(seed=k).at(np.arange(0.0, 40.0, 0.01)) for k in range(20)])
    changes = np.count_nonzero(np.diff(drawn))
    assert 0.01 * len(drawn) / changes == pytest.approx(0.1, rel=0.1)


@given(st.lists(st.floats(-1.0, 100.0), min_size=1, max_size=20), st.integers(0, 99))
@settings(deadline=None)
def test_it_depends_on_the_time_alone(times, seed):
    together = latency(seed=seed).at(np.array(times))
    one = latency(seed=seed)
    assert [float(one.at(time)) for time in reversed(times)] == together[::-1].tolist()
    assert (together <= one.longest_s).all()
