"""Intervals for success rates."""

from typing import Any, NamedTuple


class Interval(NamedTuple):
    """A success rate with its 95 % interval, all in [0, 1]."""

    rate: float
    lower: float
    upper: float

    def __str__(self) -> str:
        """Return e.g. '75% (95 % interval 47-91%)'."""
        return f'{self.rate:.0%} (95 % interval {self.lower * 100:.0f}-{self.upper:.0%})'


def wilson_interval(successes: int, episodes: int) -> Interval:
    """Return the Wilson score interval at 95 % (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212).

    The textbook interval p +- 1.96 sqrt(p (1 - p) / n) prints 100-100 % at 5 of 5.

    Raises:
        ValueError: no episodes, or more successes than episodes.
    """
    return _interval(successes, episodes, 'wilson')


def exact_interval(successes: int, episodes: int) -> Interval:
    """Return the exact interval at 95 % (Clopper and Pearson 1934, Biometrika 26, 404-413).

    It covers every true rate in at least 95 % of cases, Wilson's only on average over rates, and
    is longer for it: where a rate is promised to somebody, this is the one.

    Raises:
        ValueError: no episodes, or more successes than episodes.
    """
    return _interval(successes, episodes, 'exact')


def format_interval(successes: int, episodes: int) -> str:
    """Return e.g. '9/12 (75 %, 95 % interval 47-91 %)'."""
    rate, lower, upper = wilson_interval(successes, episodes)
    return f'{successes}/{episodes} ({rate:.0%}, 95 % interval {lower * 100:.0f}-{upper:.0%})'


def _interval(successes: int, episodes: int, method: str) -> Interval:
    # Half a second that no --help should wait for.
    from scipy.stats import binomtest

    limits: Any = binomtest(successes, episodes).proportion_ci(method=method)
    return Interval(successes / episodes, float(limits.low), float(limits.high))
