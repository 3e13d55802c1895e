"""Intervals for success rates, and how rates are written."""

import math
from statistics import NormalDist
from typing import NamedTuple

# Of a two-sided interval at 95 %. Written out, because importing scipy.stats takes a second that
# every run of a policy would wait for.
_TAIL = 0.025
_Z = NormalDist().inv_cdf(1 - _TAIL)


class Interval(NamedTuple):
    """A success rate with its 95 % interval, all in [0, 1]."""

    rate: float
    lower: float
    upper: float

    def __str__(self) -> str:
        """Return e.g. '75% (95 % interval 47-91%)'."""
        return f'{percent(self.rate)} (95 % interval {percent_range(self.lower, self.upper)})'


def percent(rate: float) -> str:
    """Return a share in [0, 1] as text, e.g. '75%'.

    Only none is '0%' and only all is '100%': what would be rounded to them has one decimal, such
    as '99.5%', or is '<0.1%' or '>99.9%'.
    """
    return f'{_number(rate)}%'


def percent_range(lower: float, upper: float) -> str:
    """Return an interval of shares in [0, 1] as text, e.g. '47-91%'."""
    return f'{_number(lower)}-{percent(upper)}'


def wilson_interval(successes: int, episodes: int) -> Interval:
    """Return the Wilson score interval at 95 % (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212).

    The textbook interval p +- 1.96 sqrt(p (1 - p) / n) prints 100-100 % at 5 of 5.

    Raises:
        ValueError: no episodes, or fewer than none or more than all of them succeeded.
    """
    require_counts(successes, episodes)
    rate, share = successes / episodes, _Z**2 / episodes
    centre = (rate + share / 2) / (1 + share)
    half = math.sqrt(rate * (1 - rate) * share + share**2 / 4) / (1 + share)
    return _within(rate, centre - half, centre + half)


def exact_interval(successes: int, episodes: int) -> Interval:
    """Return the exact interval at 95 % (Clopper and Pearson 1934, Biometrika 26, 404-413).

    It covers every true rate in at least 95 % of cases, Wilson's only on average over rates, and
    is longer for it: where a rate is promised to somebody, this is the one.

    Raises:
        ValueError: as `wilson_interval`.
    """
    require_counts(successes, episodes)
    # Time that no --help should wait for.
    from scipy.special import betaincinv

    failures = episodes - successes
    lower = betaincinv(successes, failures + 1, _TAIL) if successes else 0.0
    upper = betaincinv(successes + 1, failures, 1 - _TAIL) if failures else 1.0
    return _within(successes / episodes, float(lower), float(upper))


def format_interval(successes: int, episodes: int) -> str:
    """Return e.g. '9/12 (75%, 95 % interval 47-91%)'.

    Raises:
        ValueError: as `wilson_interval`.
    """
    rate, lower, upper = wilson_interval(successes, episodes)
    interval = percent_range(lower, upper)
    return f'{successes}/{episodes} ({percent(rate)}, 95 % interval {interval})'


def require_counts(successes: int, episodes: int) -> None:
    """Refuse counts that are of no episodes.

    Raises:
        ValueError: no episodes, or fewer than none or more than all of them succeeded.
    """
    if episodes < 1:
        raise ValueError(f'no episodes: found {episodes}; allowed: 1 or more')
    if not 0 <= successes <= episodes:
        raise ValueError(f'successes: found {successes}; allowed: 0 to {episodes}')


def _number(rate: float) -> str:
    """Return a share in percent, without its sign."""
    value = 100 * rate
    text = f'{value:.0f}'
    if text not in ('0', '100') or rate in (0.0, 1.0):
        return text
    text = f'{value:.1f}'
    return {'0.0': '<0.1', '100.0': '>99.9'}.get(text, text)


def _within(rate: float, lower: float, upper: float) -> Interval:
    """Return an interval that none or all end at exactly, whatever rounding left."""
    return Interval(rate, lower if rate > 0.0 else 0.0, upper if rate < 1.0 else 1.0)
