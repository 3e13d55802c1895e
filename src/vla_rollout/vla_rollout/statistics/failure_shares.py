"""How often each failure mode occurs, with intervals that hold for all of them together."""

from collections.abc import Mapping

from vla_rollout.statistics.intervals import Interval, require_counts, wilson_interval


def failure_shares(counts: Mapping[str, int]) -> dict[str, Interval]:
    """Return the share of each outcome with simultaneous 95 % intervals (Goodman 1965).

    Outcomes are multinomial: separate intervals would all be too short to be read together. Two
    outcomes are one question, asked twice: they have Wilson's interval, shorter than Goodman's.

    Args:
        counts: episodes by outcome, success among them.

    Raises:
        ValueError: no episodes, or fewer than none of an outcome.
    """
    total = sum(counts.values())
    for count in (0, *counts.values()):
        require_counts(count, total)
    if len(counts) <= 2:
        return {name: wilson_interval(count, total) for name, count in counts.items()}
    # Slow to import, with pandas in it.
    from statsmodels.stats.proportion import multinomial_proportions_confint

    intervals = multinomial_proportions_confint(list(counts.values()), 0.05, method='goodman')
    return {
        name: Interval(count / total, float(lower), float(upper))
        for (name, count), (lower, upper) in zip(counts.items(), intervals, strict=True)
    }
