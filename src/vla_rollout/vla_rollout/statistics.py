"""Intervals for success rates."""

import math
from typing import NamedTuple

from scipy.stats import binomtest


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
    result = binomtest(successes, episodes).proportion_ci(method='wilson')
    return Interval(successes / episodes, float(result.low), float(result.high))


def difference_interval(
    successes: int, episodes: int, base_successes: int, base_episodes: int
) -> Interval:
    """Return how much higher one success rate is than another, all in [-1, 1].

    Newcombe's hybrid score interval (Newcombe 1998, Stat. Med. 17, 873-890, method 10): it joins
    the Wilson intervals of both, so that 0 and 100 % need no exception.
    """
    first = wilson_interval(successes, episodes)
    second = wilson_interval(base_successes, base_episodes)
    rate = first.rate - second.rate
    down = math.hypot(first.rate - first.lower, second.upper - second.rate)
    up = math.hypot(first.upper - first.rate, second.rate - second.lower)
    return Interval(rate, rate - down, rate + up)


def format_interval(successes: int, episodes: int) -> str:
    """Return e.g. '9/12 (75 %, 95 % interval 47-91 %)'."""
    rate, lower, upper = wilson_interval(successes, episodes)
    return f'{successes}/{episodes} ({rate:.0%}, 95 % interval {lower * 100:.0f}-{upper:.0%})'
