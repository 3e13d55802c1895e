from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_rollout.diagnosis.conformal import conformal_threshold


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=20, max_size=60), st.floats(0.06, 0.5))
def test_at_most_the_stated_share_of_the_given_maxima_exceeds_it(maxima, alpha):
    threshold = conformal_threshold(maxima, alpha)
    assert sum(score > threshold for score in maxima) <= alpha * (len(maxima) + 1)


def test_the_next_episode_exceeds_it_as_rarely_as_stated():
    rng = np.random.default_rng(1)
    exceeded = [
        rng.exponential() > conformal_threshold(rng.exponential(size=39).tolist(), 0.1)
        for _ in range(4000)
    ]
    # With continuous scores the rate is exactly 4 of 40; 0.0047 is its standard error.
    assert np.mean(exceeded) == pytest.approx(0.1, abs=0.015)


def test_too_few_episodes_say_how_many_are_needed():
    with pytest.raises(ValueError, match='19 are needed for 0.05'):
        conformal_threshold([1.0] * 18, 0.05)
