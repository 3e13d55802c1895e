from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from scipy.stats import binom, binomtest
from vla_rollout.statistics.barnard import barnard_p
from vla_rollout.statistics.comparison import compare, Comparison, difference_interval
from vla_rollout.statistics.intervals import Interval, wilson_interval


@pytest.mark.parametrize(
    ('successes', 'base', 'lower', 'upper'),
    # Newcombe 1998, table II, method 10: 56/70 - 48/80, 9/10 - 3/10, 10/10 - 0/10.
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090),
     ((10, 10), (0, 10), 0.6075, 1.0)],
)  # fmt: skip
def test_differences_match_published_intervals(successes, base, lower, upper):
    interval = difference_interval(*successes, *base)
    assert interval.rate == pytest.approx(successes[0] / successes[1] - base[0] / base[1])
    assert (interval.lower, interval.upper) == pytest.approx((lower, upper), abs=5e-5)


@given(
    counts=st.tuples(
        st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40)
    )
)
@settings(deadline=None)
def test_a_difference_lies_in_its_interval_and_turns_with_its_order(counts):
    a, n, b, m = counts
    a, b = min(a, n), min(b, m)
    one, other = difference_interval(a, n, b, m), difference_interval(b, m, a, n)
    assert -1.0 - 1e-9 <= one.lower <= one.rate <= one.upper <= 1.0 + 1e-9
    assert (one.lower, one.upper) == pytest.approx((-other.upper, -other.lower))


@given(
    counts=st.tuples(
        st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40)
    )
)
@settings(deadline=None)
def test_the_difference_joins_the_wilson_intervals(counts):
    a, n, b, m = counts
    a, b = min(a, n), min(b, m)
    (p, p_low, p_high), (q, q_low, q_high) = wilson_interval(a, n), wilson_interval(b, m)
    interval = difference_interval(a, n, b, m)
    lower, upper = p - q - np.hypot(p - p_low, q_high - q), p - q + np.hypot(p_high - p, q - q_low)
    assert (interval.lower, interval.upper) == pytest.approx((lower, upper), abs=1e-9)


def barnard(a, n, b, m):
    """Return Barnard's p as it is defined: the worst over the rate that both have in common."""

    def statistic(x, y):
        pooled = (x + y) / (n + m)
        spread = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        return np.divide(x / n - y / m, spread, out=np.zeros(spread.shape), where=spread > 0)

    x, y = np.meshgrid(np.arange(n + 1), np.arange(m + 1), indexing='ij')
    found = abs(statistic(x, y))
    is_extreme = found >= found[a, b] - 1e-9
    rates = np.linspace(0, 1, 2001)[:, None, None]
    chance = binom.pmf(x, n, rates) * binom.pmf(y, m, rates)
    return (chance * is_extreme).sum(axis=(1, 2)).max()


@pytest.mark.parametrize(
    'counts', [(6, 10, 9, 10), (10, 20, 15, 20), (3, 12, 8, 9), (6, 20, 13, 20)]
)
def test_unpaired_policies_are_judged_by_barnard(counts):
    a, n, b, m = counts
    comparison = compare([True] * a + [False] * (n - a), np.arange(m) < b, are_paired=False)
    assert comparison.test == 'Barnard'
    assert comparison.p_value == pytest.approx(barnard(*counts), abs=1e-4)


@pytest.mark.parametrize('seed', range(20))
def test_barnards_p_of_random_tables_is_the_worst_over_all_rates(seed):
    rng = np.random.default_rng(seed)
    n, m = (int(size) for size in rng.integers(5, 60, 2))
    a, b = int(rng.integers(0, n + 1)), int(rng.integers(0, m + 1))
    # A grid of rates comes near the worst, from below.
    assert -1e-9 <= barnard_p(b, m, a, n) - barnard(a, n, b, m) <= 1e-4


@given(pairs=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=80))
@settings(deadline=None)
def test_paired_policies_are_judged_by_the_scenes_that_only_one_solves(pairs):
    first, second = zip(*pairs, strict=True)
    lost = sum(one and not other for one, other in pairs)
    won = sum(other and not one for one, other in pairs)
    expected = binomtest(won, won + lost, 0.5).pvalue if won + lost else 1.0
    found = compare(first, second, are_paired=True)
    assert found.p_value == pytest.approx(expected, abs=1e-9)
    assert found.difference.rate == pytest.approx((won - lost) / len(pairs))


def test_policies_of_different_number_are_no_pairs_and_none_is_no_policy():
    with pytest.raises(ValueError, match='zip'):
        compare([True], [True, False], are_paired=True)
    with pytest.raises(ValueError, match='no episodes'):
        compare([], [True], are_paired=False)


def test_the_text_says_how_much_and_how_sure():
    first, second = np.arange(50) < 40, np.arange(50) < 45
    text = str(compare(first, second, are_paired=False))
    assert text == '+10 points (95 % interval -4 to +24), p = 0.21 (Barnard)'
    text = str(compare(first, second, are_paired=True))
    assert text.endswith('p = 0.062 (exact McNemar of 50 pairs)')


def test_only_no_difference_is_written_as_none():
    text = str(Comparison(Interval(0.005, -0.0004, 0.996), 0.5, 'Barnard'))
    assert text.startswith('+0.5 points (95 % interval -0.0 to +99.6)')
    assert str(Comparison(Interval(0.0, -0.3, 1.0), 1.0, 'Barnard')).startswith(
        '+0 points (95 % interval -30 to +100)'
    )


@pytest.mark.parametrize('counts', [(0, 0, 1, 2), (1, 2, 0, 0), (3, 2, 1, 2), (1, 2, -1, 2)])
def test_counts_of_no_episodes_are_refused(counts):
    for function in (difference_interval, barnard_p):
        with pytest.raises(ValueError, match='allowed: '):
            function(*counts)


@pytest.mark.parametrize('episodes', [20, 50])
def test_the_difference_is_covered_as_often_as_it_says(episodes):
    rng = np.random.default_rng(episodes)
    rates = rng.uniform(size=(10_000, 2))
    counts = rng.binomial(episodes, rates)
    pairs, index = np.unique(counts, axis=0, return_inverse=True)
    intervals = [difference_interval(a, episodes, b, episodes)[1:] for a, b in pairs]
    lower, upper = np.array(intervals)[index].T
    difference = rates[:, 0] - rates[:, 1]
    assert 0.93 <= np.mean((lower <= difference) & (difference <= upper)) <= 0.975
