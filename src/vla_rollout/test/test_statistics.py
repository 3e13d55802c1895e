from hypothesis import given, settings
from hypothesis import strategies as st
import pytest
from vla_rollout.statistics import difference_interval, format_interval, wilson_interval


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
