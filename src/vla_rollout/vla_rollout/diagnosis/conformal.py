"""A threshold that healthy episodes exceed with a stated probability at most."""

import math

import numpy as np


def conformal_threshold(maxima: list[float], alpha: float) -> float:
    """Return the threshold of a score from the largest scores of m healthy episodes.

    Split conformal prediction (Vovk et al. 2005): the ceil((m + 1)(1 - alpha))-th smallest of m
    exchangeable maxima is exceeded by the next healthy episode with probability alpha at most.
    The plain quantile, as published detectors use it, is exceeded more often.

    Args:
        maxima: largest score of each healthy episode, m of them.
        alpha: false-alarm rate per episode, in (0, 1); at least 1 / (m + 1).

    Raises:
        ValueError: too few episodes for this rate; says how many are needed.
    """
    rank = math.ceil((len(maxima) + 1) * (1.0 - alpha))
    if rank > len(maxima):
        needed = math.ceil(1.0 / alpha) - 1
        raise ValueError(f'{len(maxima)} healthy episodes, {needed} are needed for {alpha:g}')
    return float(np.sort(maxima)[rank - 1])
