import pytest
from vla_rollout.statistics import format_interval, wilson_interval


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
