"""Barnard's exact test of two success rates."""

from functools import partial
import math

import numpy as np
from numpy.typing import NDArray
from vla_rollout.statistics.intervals import require_counts

# Tables that are exactly as extreme as the one that was found differ by rounding. With scipy's
# barnard_exact some of them get lost: p = 0.034 instead of 0.038 for 13 of 20 against 6 of 20.
_TIE = 1e-9


def barnard_p(successes: int, episodes: int, base_successes: int, base_episodes: int) -> float:
    """Return the two-sided p of Barnard's exact test (Barnard 1947, Biometrika 34, 123-138).

    It is how likely a difference at least as extreme is between policies of one rate, for the rate
    at which it is likeliest. As extreme is what has the same score statistic, the difference over
    its standard deviation at the pooled rate.

    Raises:
        ValueError: a policy without episodes, or fewer than none or more than all succeeded.
    """
    require_counts(successes, episodes)
    require_counts(base_successes, base_episodes)
    total = episodes + base_episodes
    shares = _extreme_shares(successes, episodes, base_successes, base_episodes)
    chance = partial(_chance, shares=shares, log_choices=_log_choices(total))
    # In the arcsine of the rate a count has a standard deviation of 1 / (2 sqrt(total)) whatever
    # the rate is (Fisher 1922): a tenth of it between points, so that no maximum is missed.
    angles = np.linspace(0.0, math.pi / 2, math.ceil(10 * math.pi * math.sqrt(total)) + 1)[1:-1]
    chances = [chance(angle) for angle in angles]
    best = int(np.argmax(chances))
    from scipy.optimize import minimize_scalar

    step = angles[1] - angles[0]
    bounds = (max(1e-9, angles[best] - step), min(math.pi / 2 - 1e-9, angles[best] + step))
    found = minimize_scalar(lambda angle: -chance(angle), bounds=bounds, method='bounded')
    return float(min(1.0, max(chances[best], -found.fun)))


def _extreme_shares(a: int, n: int, b: int, m: int) -> NDArray[np.float64]:
    """Return which share of the tables with each number of successes is as extreme as this one.

    Given the number of successes in both, those of the first policy are hypergeometric.
    """
    total = n + m
    choices, ours, theirs = _log_choices(total), _log_choices(n), _log_choices(m)
    other = np.arange(m + 1)
    least = float(_statistic(a, n, np.array([b]), m)[0]) - _TIE
    shares = np.zeros(total + 1)
    for one in range(n + 1):
        counts = np.exp(ours[one] + theirs - choices[one : one + m + 1])
        shares[one : one + m + 1] += counts * (_statistic(one, n, other, m) >= least)
    return shares


def _statistic(a: int, n: int, b: NDArray[np.int64], m: int) -> NDArray[np.float64]:
    """Return the absolute score statistic; 0 where nobody or everybody succeeded."""
    pooled = (a + b) / (n + m)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    found = np.divide(abs(a / n - b / m), spread, out=np.zeros(len(b)), where=spread > 0)
    return np.asarray(found)


def _chance(angle: float, shares: NDArray[np.float64], log_choices: NDArray[np.float64]) -> float:
    """Return how likely an extreme table is where both have the rate sin(angle)^2."""
    total = len(shares) - 1
    wins = np.arange(total + 1)
    log_rate, log_rest = 2 * math.log(math.sin(angle)), 2 * math.log(math.cos(angle))
    return float(shares @ np.exp(log_choices + wins * log_rate + (total - wins) * log_rest))


def _log_choices(n: int) -> NDArray[np.float64]:
    """Return log of n over k for k from 0 to n."""
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    return np.asarray(factorials[n] - factorials - factorials[::-1])
