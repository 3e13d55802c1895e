from hypothesis import example, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from scipy.stats import chi2
from vla_rollout.statistics.failure_shares import failure_shares

LISTS = st.lists(st.integers(0, 200), min_size=3, max_size=8).filter(any)
COUNTS = {'success': 38, 'grasp failure': 5, 'frozen': 3, 'drift': 2, 'oscillation': 1, 'x': 1}


@given(counts=LISTS)
@example(counts=list(COUNTS.values()))
@settings(deadline=None)
def test_the_intervals_are_goodmans(counts):
    quantile, total = chi2.ppf(1 - 0.05 / len(counts), 1), sum(counts)
    for count, share in zip(counts, failure_shares(dict(enumerate(counts))).values(), strict=True):
        assert share.rate == count / total
        root = (quantile * (quantile + 4 * count * (total - count) / total)) ** 0.5
        for found, sign in ((share.lower, -1), (share.upper, 1)):
            expected = (quantile + 2 * count + sign * root) / (2 * (quantile + total))
            assert found == pytest.approx(expected, abs=1e-9)


def test_fewer_than_none_of_an_outcome_are_refused():
    with pytest.raises(ValueError, match='found -1'):
        failure_shares({'success': 3, 'timeout': -1, 'drift': 2})


def test_no_episodes_have_no_shares():
    with pytest.raises(ValueError, match='no episodes'):
        failure_shares({})


@pytest.mark.parametrize('modes', [2, 4, 6])
def test_all_shares_together_are_covered_as_often_as_they_say(modes):
    rng = np.random.default_rng(modes)
    # In 200 episodes every mode is expected at least twice.
    truth = 0.01 + (1 - 0.01 * modes) * rng.dirichlet(np.ones(modes), size=10_000)
    counts = np.array([rng.multinomial(200, shares) for shares in truth])
    rows, number = np.unique(counts, axis=0, return_inverse=True)
    found = [list(failure_shares(dict(enumerate(row.tolist()))).values()) for row in rows]
    bounds = np.array([[share[1:] for share in shares] for shares in found])[number]
    covered = ((bounds[:, :, 0] <= truth) & (truth <= bounds[:, :, 1])).all(axis=1).mean()
    assert 0.93 <= covered <= 0.975
