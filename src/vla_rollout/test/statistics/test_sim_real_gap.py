import numpy as np
import pytest
from vla_rollout.statistics.sim_real_gap import correlation, mean_maximum_rank_violation


def test_the_same_order_violates_nothing():
    assert mean_maximum_rank_violation(simulated=[0.1, 0.5, 0.9], real=[0.2, 0.3, 0.4]) == 0.0
    assert correlation(simulated=[0.1, 0.5, 0.9], real=[0.2, 0.3, 0.4]) == pytest.approx(1.0)


def test_an_exchanged_pair_counts_with_its_real_difference_and_not_with_the_simulated_one():
    swapped = {'simulated': [0.5, 0.4, 0.9], 'real': [0.1, 0.4, 0.8]}
    assert mean_maximum_rank_violation(**swapped) == pytest.approx((0.3 + 0.3 + 0.0) / 3)
    other_way = {'simulated': swapped['real'], 'real': swapped['simulated']}
    assert mean_maximum_rank_violation(**other_way) == pytest.approx(0.2 / 3)


def test_it_is_the_definition_written_out():
    rng = np.random.default_rng(0)
    s, r = rng.uniform(size=6), rng.uniform(size=6)
    worst = [
        max(abs(r[i] - r[j]) * ((s[i] > s[j]) != (r[i] > r[j])) for j in range(6))
        for i in range(6)
    ]
    assert mean_maximum_rank_violation(simulated=s, real=r) == pytest.approx(np.mean(worst))


def test_lists_must_match():
    with pytest.raises(ValueError, match='1 simulated and 2 real'):
        mean_maximum_rank_violation(simulated=[0.1], real=[0.1, 0.2])
