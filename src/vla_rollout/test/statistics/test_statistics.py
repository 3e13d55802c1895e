from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from scipy.special import betaincinv
from statsmodels.stats.proportion import proportion_confint
from vla_rollout.statistics.intervals import (
    exact_interval,
    format_interval,
    Interval,
    percent,
    wilson_interval,
)

COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ('successes', 'episodes', 'lower', 'upper'),
    [(5, 5, 56.6, 100), (8, 10, 49.0, 94.3), (45, 50, 78.6, 95.7), (80, 100, 71.1, 86.7)],
)
def test_intervals_match_published_values(successes, episodes, lower, upper):
    interval = wilson_interval(successes, episodes)
    assert interval.rate == successes / episodes
    assert 100 * interval.lower == pytest.approx(lower, abs=0.06)
    assert 100 * interval.upper == pytest.approx(upper, abs=0.06)


def test_no_success_has_an_interval_too():
    assert wilson_interval(0, 10).upper == pytest.approx(0.278, abs=1e-3)


def test_the_text_names_count_rate_and_interval():
    assert format_interval(9, 12) == '9/12 (75%, 95 % interval 47-91%)'


@pytest.mark.parametrize(
    ('successes', 'episodes', 'text'),
    [
        (0, 200, '0/200 (0%, 95 % interval 0-2%)'),
        (1, 200, '1/200 (0.5%, 95 % interval 0.1-3%)'),
        (199, 200, '199/200 (99.5%, 95 % interval 97-99.9%)'),
        (200, 200, '200/200 (100%, 95 % interval 98-100%)'),
    ],
)
def test_only_none_is_zero_and_only_all_is_a_hundred_percent(successes, episodes, text):
    assert format_interval(successes, episodes) == text
    interval = wilson_interval(successes, episodes)
    assert str(interval) == text.partition('(')[2][:-1].replace(', ', ' (') + ')'


@given(counts=st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_percentage_is_the_rate_and_says_none_or_all_of_nothing_else(counts):
    k, n = counts
    text = percent(k / n)
    assert (text == '0%') == (k == 0)
    assert (text == '100%') == (k == n)
    assert float(text.strip('<>%')) == pytest.approx(100 * k / n, abs=0.5)


def test_what_a_decimal_would_round_is_less_or_more():
    assert [percent(rate) for rate in (1e-5, 0.004, 0.006, 0.9949, 1 - 1e-5)] == [
        '<0.1%', '0.4%', '1%', '99%', '>99.9%',
    ]  # fmt: skip
    assert str(Interval(0.75, 0.4677, 0.9111)) == '75% (95 % interval 47-91%)'


@pytest.mark.parametrize('counts', [(0, 0), (3, 2), (-1, 2), (0, -1), (1, 0)])
@pytest.mark.parametrize('function', [wilson_interval, exact_interval, format_interval])
def test_counts_of_no_episodes_are_refused(function, counts):
    with pytest.raises(ValueError, match='allowed: '):
        function(*counts)


@given(counts=COUNTS)
@settings(deadline=None)
def test_intervals_are_those_of_another_library(counts):
    for interval, method in ((wilson_interval, 'wilson'), (exact_interval, 'beta')):
        found, expected = interval(*counts), proportion_confint(*counts, 0.05, method)
        assert found[1:] == pytest.approx(expected, abs=1e-9)


@given(counts=COUNTS)
@settings(deadline=None)
def test_the_exact_interval_is_made_of_beta_quantiles(counts):
    k, n = counts
    _, lower, upper = exact_interval(k, n)
    assert lower == pytest.approx(betaincinv(k, n - k + 1, 0.025) if k else 0.0, abs=1e-9)
    assert upper == pytest.approx(betaincinv(k + 1, n - k, 0.975) if k < n else 1.0, abs=1e-9)


@pytest.mark.parametrize('episodes', [20, 50, 100])
def test_intervals_cover_the_true_rate_as_often_as_they_say(episodes):
    rng = np.random.default_rng(episodes)
    rates = rng.uniform(size=10_000)
    successes = rng.binomial(episodes, rates)
    for interval, least, most in ((wilson_interval, 0.93, 0.975), (exact_interval, 0.95, 1.0)):
        bounds = np.array([interval(k, episodes)[1:] for k in range(episodes + 1)])[successes]
        covered = np.mean((bounds[:, 0] <= rates) & (rates <= bounds[:, 1]))
        assert least <= covered <= most
