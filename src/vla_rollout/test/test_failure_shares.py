import pytest
from scipy.stats import chi2
from vla_rollout.failure_shares import failure_shares

COUNTS = {'success': 38, 'grasp failure': 5, 'frozen': 3, 'drift': 2, 'oscillation': 1, 'x': 1}


def test_the_intervals_are_goodmans():
    quantile = chi2.ppf(1 - 0.05 / len(COUNTS), 1)
    for name, share in failure_shares(COUNTS).items():
        count, total = COUNTS[name], sum(COUNTS.values())
        root = (quantile * (quantile + 4 * count * (total - count) / total)) ** 0.5
        for found, sign in ((share.lower, -1), (share.upper, 1)):
            expected = (quantile + 2 * count + sign * root) / (2 * (quantile + total))
            assert found == pytest.approx(expected, abs=1e-9)


def test_no_episodes_have_no_shares():
    with pytest.raises(ValueError, match='no episodes'):
        failure_shares({})
