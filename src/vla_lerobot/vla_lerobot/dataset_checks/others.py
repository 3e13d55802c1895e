"""How one episode compares with the others of its dataset, robust against bad ones among them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

FEWEST = 3
"""Others that it takes to judge one episode by them."""
# Of a normal distribution, a median absolute deviation is this part of the standard deviation.
_PER_DEVIATION = 1.4826
_TIMES = 6.0


@dataclass(frozen=True)
class Spread:
    """Where the others are.

    Attributes:
        middle: their median.
        width: their standard deviation, from the median absolute deviation.
        count: how many they are.
    """

    middle: float
    width: float
    count: int

    def is_far(self, value: float, floor: float, times: float = _TIMES) -> bool:
        """Whether a value differs from the others by more than chance.

        Args:
            value: of the episode in question.
            floor: distance that is never called far.
            times: deviations that are not called far either.
        """
        away = abs(value - self.middle)
        return self.count >= FEWEST and away > max(floor, times * self.width)


def spread(values: ArrayLike) -> Spread:
    """Return where values are; of none, nothing is far."""
    found = np.asarray(values, dtype=np.float64)
    if not found.size:
        return Spread(0.0, np.inf, 0)
    middle = float(np.median(found))
    width = _PER_DEVIATION * float(np.median(np.abs(found - middle)))
    return Spread(middle, width, int(found.size))


def spread_of_others(values: Mapping[int, float], number: int) -> Spread:
    """Return where all episodes but one are."""
    return spread([value for other, value in values.items() if other != number])


def runs(mask: ArrayLike, shortest: int = 1) -> list[tuple[int, int]]:
    """Return first and last index of every stretch of True that is long enough."""
    padded = np.concatenate([[False], np.asarray(mask, dtype=bool), [False]])
    edges = np.flatnonzero(np.diff(padded.astype(np.int8)))
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(first, end - 1) for first, end in pairs if end - first >= shortest]
