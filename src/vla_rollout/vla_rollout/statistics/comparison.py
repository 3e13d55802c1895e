"""Is one policy better than another?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vla_rollout.statistics.barnard import barnard_p
from vla_rollout.statistics.intervals import Interval, require_counts


@dataclass(frozen=True)
class Comparison:
    """How much higher the second policy's success rate is.

    Attributes:
        difference: second minus first, with its 95 % interval, in [-1, 1].
        p_value: probability of a difference at least as large between equal policies, two-sided.
        test: name of the test that says so.
        pairs: how many scenes both policies were in, where the test is of those; 0 otherwise.
    """

    difference: Interval
    p_value: float
    test: str
    pairs: int = 0

    def __str__(self) -> str:
        """Return e.g. '+10 points (95 % interval -4 to +24), p = 0.21 (Barnard)'."""
        pairs = f' of {self.pairs} pairs' if self.pairs else ''
        return f'{points(self.difference)}, p = {self.p_value:.2g} ({self.test}{pairs})'

    def facts(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            'difference': self.difference.rate,
            'newcombe_95': [self.difference.lower, self.difference.upper],
            'p_value': self.p_value,
            'test': self.test,
            'pairs': self.pairs,
        }


def compare(first: Sequence[bool], second: Sequence[bool], are_paired: bool) -> Comparison:
    """Compare the outcomes of two policies.

    Paired outcomes, of the same scenes in the same order, are judged by those scenes in which only
    one policy succeeds (exact McNemar), which needs fewer episodes; others by Barnard's exact
    test, which finds differences that Fisher's misses. For one look at a fixed number of episodes:
    to look again and again, see `sequential`.

    Raises:
        ValueError: a policy without episodes, or pairs of different number.
    """
    wins, base_wins = sum(second), sum(first)
    difference = difference_interval(wins, len(second), base_wins, len(first))
    if are_paired:
        from statsmodels.stats.contingency_tables import mcnemar

        table = [[0, 0], [0, 0]]
        for one, other in zip(first, second, strict=True):
            table[int(one)][int(other)] += 1
        p_value = float(mcnemar(table, exact=True).pvalue)
        return Comparison(difference, p_value, 'exact McNemar', len(first))
    p_value = barnard_p(wins, len(second), base_wins, len(first))
    return Comparison(difference, p_value, 'Barnard')


def difference_interval(
    successes: int, episodes: int, base_successes: int, base_episodes: int
) -> Interval:
    """Return how much higher one success rate is than another, all in [-1, 1].

    Newcombe's hybrid score interval (Newcombe 1998, Stat. Med. 17, 873-890, method 10): it joins
    the Wilson intervals of both, so that 0 and 100 % need no exception. On the same scenes it is
    longer than need be.

    Raises:
        ValueError: a policy without episodes, or fewer than none or more than all succeeded.
    """
    require_counts(successes, episodes)
    require_counts(base_successes, base_episodes)
    # Half a second, with pandas in it, that not every command should wait for.
    from statsmodels.stats.proportion import confint_proportions_2indep

    lower, upper = confint_proportions_2indep(
        successes, episodes, base_successes, base_episodes, method='newcomb', compare='diff'
    )
    rate = successes / episodes - base_successes / base_episodes
    return Interval(rate, float(lower), float(upper))


def points(difference: Interval) -> str:
    """Return e.g. '+10 points (95 % interval -4 to +24)'."""
    rate, lower, upper = map(_signed, difference)
    return f'{rate} points (95 % interval {lower} to {upper})'


def _signed(difference: float) -> str:
    """Return a difference of rates in points; what would be rounded to 0 or 100 has a decimal."""
    value = round(100 * difference, 9)
    text = f'{value:+.0f}'
    is_rounded = text[1:] in ('0', '100') and abs(value) not in (0.0, 100.0)
    return f'{value:+.1f}' if is_rounded else text
