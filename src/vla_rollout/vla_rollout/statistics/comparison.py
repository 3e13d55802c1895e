"""Is one policy better than another?"""

from collections.abc import Sequence
from dataclasses import dataclass

from vla_rollout.statistics.intervals import Interval


@dataclass(frozen=True)
class Comparison:
    """How much higher the second policy's success rate is.

    Attributes:
        difference: second minus first, with its 95 % interval, in [-1, 1].
        p_value: probability of a difference at least as large between equal policies, two-sided.
        test: name of the test that says so.
    """

    difference: Interval
    p_value: float
    test: str

    def __str__(self) -> str:
        """Return e.g. '+10 points (95 % interval -4 to +24), p = 0.21 (Barnard)'."""
        return f'{points(self.difference)}, p = {self.p_value:.2g} ({self.test})'


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
            table[one][other] += 1
        return Comparison(difference, float(mcnemar(table, exact=True).pvalue), 'exact McNemar')
    from scipy.stats import barnard_exact

    losses, base_losses = len(second) - wins, len(first) - base_wins
    p_value = barnard_exact([[wins, base_wins], [losses, base_losses]]).pvalue
    return Comparison(difference, float(p_value), 'Barnard')


def difference_interval(
    successes: int, episodes: int, base_successes: int, base_episodes: int
) -> Interval:
    """Return how much higher one success rate is than another, all in [-1, 1].

    Newcombe's hybrid score interval (Newcombe 1998, Stat. Med. 17, 873-890, method 10): it joins
    the Wilson intervals of both, so that 0 and 100 % need no exception. On the same scenes it is
    longer than need be.

    Raises:
        ValueError: a policy without episodes.
    """
    if not (episodes and base_episodes):
        raise ValueError('no episodes to compare')
    # Half a second, with pandas in it, that not every command should wait for.
    from statsmodels.stats.proportion import confint_proportions_2indep

    lower, upper = confint_proportions_2indep(
        successes, episodes, base_successes, base_episodes, method='newcomb', compare='diff'
    )
    rate = successes / episodes - base_successes / base_episodes
    return Interval(rate, float(lower), float(upper))


def points(difference: Interval) -> str:
    """Return e.g. '+10 points (95 % interval -4 to +24)'."""
    rate, lower, upper = (f'{100 * value:+.0f}' for value in difference)
    return f'{rate} points (95 % interval {lower} to {upper})'
