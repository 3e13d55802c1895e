"""Fisher's exact test of two shares, one-sided."""

import math


def fisher_p(hits: int, marked: int, other_hits: int, others: int) -> float:
    """Return how likely at least so many of the marked are hits if the mark means nothing.

    Given all hits together, those among the marked are hypergeometric (Fisher 1935, J. R. Stat.
    Soc. 98, 39-82). In whole numbers, so that nothing slow has to be imported.

    Args:
        hits: among the marked.
        marked: how many are, at least `hits`.
        other_hits: among the others.
        others: how many are not, at least `other_hits`.
    """
    all_hits, total = hits + other_hits, marked + others
    ways = sum(
        math.comb(marked, k) * math.comb(others, all_hits - k)
        for k in range(hits, min(marked, all_hits) + 1)
    )
    return ways / math.comb(total, all_hits)
