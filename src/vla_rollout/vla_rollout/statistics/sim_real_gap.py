"""Does a policy that is better in simulation do better on the robot?"""

from collections.abc import Sequence

import numpy as np


def correlation(*, simulated: Sequence[float], real: Sequence[float]) -> float:
    """Return Pearson's r of the success rates of the same policies.

    With three policies it means nearly nothing: print n beside it.

    Raises:
        ValueError: fewer than two policies, or lists of different length.
    """
    from scipy.stats import pearsonr

    return float(pearsonr(simulated, real).statistic)


def mean_maximum_rank_violation(*, simulated: Sequence[float], real: Sequence[float]) -> float:
    """Return the MMRV of SIMPLER (Li et al. 2024, arXiv 2405.05941, eq. 2); 0 is best.

    For each policy, the largest difference of real success rates among those that the simulator
    ranks the other way round; averaged. It weighs by the real rates, so the arguments must not be
    exchanged: they have names here, because SimplerEnv's own example exchanges them.

    Raises:
        ValueError: lists of different length, or empty.
    """
    s, r = np.asarray(simulated, dtype=float), np.asarray(real, dtype=float)
    if s.shape != r.shape or s.size == 0:
        raise ValueError(f'{s.size} simulated and {r.size} real success rates')
    is_violated = (s[:, None] > s[None]) != (r[:, None] > r[None])
    return float((np.abs(r[:, None] - r[None]) * is_violated).max(axis=1).mean())
