"""What is recorded of the numbers of a state or an action: names, extremes, units."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from vla_contract.values import Vector

# Pairs of statistics in the order in which they are believed, with their words.
_EXTREMES = (('min', 'max', ''), ('q01', 'q99', ' in 98 % of the frames'))
# Of a normal distribution 95 % lie within.
_DEVIATIONS = 2.0


@dataclass(frozen=True)
class Numbers:
    """The numbers of one vector; what nobody recorded is None.

    Attributes:
        width: how many there are.
        names: of each, as they are recorded.
        names_from: who recorded them.
        units: what each means, in the words that our datasets and manifests write.
        low: least of each, shape (width,).
        high: largest of each, shape (width,).
        mean: of each, shape (width,).
        std: of each, shape (width,).
        how: of which frames low and high are, '' for all.
    """

    width: int
    names: tuple[str, ...] | None = None
    names_from: str = ''
    units: tuple[str, ...] | None = None
    low: Vector | None = None
    high: Vector | None = None
    mean: Vector | None = None
    std: Vector | None = None
    how: str = ''

    @property
    def ends(self) -> tuple[Vector, Vector] | None:
        """Least and largest of each, None where they are not known."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    @property
    def centre(self) -> Vector:
        """Mean of each, or the middle of its ends, shape (width,)."""
        if self.mean is not None:
            return self.mean
        low, high = self.ends or (np.zeros(self.width), np.zeros(self.width))
        middle: Vector = (low + high) / 2.0
        return middle

    @property
    def spread(self) -> Vector:
        """Standard deviation of each, or that of a uniform distribution, shape (width,)."""
        if self.std is not None:
            return self.std
        low, high = self.ends or (np.zeros(self.width), np.zeros(self.width))
        deviation: Vector = (high - low) / np.sqrt(12.0)
        return deviation


def ranges_of(entry: Mapping[str, Any], width: int) -> dict[str, Any]:
    """Return low, high, mean, std and how of a statistics entry, for `Numbers`.

    Statistics of another width, or that are not finite, count as none.
    """
    found = {name: _vector(value, width) for name, value in entry.items()}
    mean, std = found.get('mean'), found.get('std')
    values: dict[str, Any] = {'mean': mean, 'std': std}
    for low, high, how in _EXTREMES:
        if found.get(low) is not None and found.get(high) is not None:
            return {**values, 'low': found[low], 'high': found[high], 'how': how}
    if mean is None or std is None:
        return values
    reach = _DEVIATIONS * std
    return {**values, 'low': mean - reach, 'high': mean + reach, 'how': ' (mean, two deviations)'}


def width_of(entry: Mapping[str, Any]) -> int:
    """Return how many numbers the statistics of a vector are of, 0 without any."""
    sizes = (np.size(entry[name]) for name in ('mean', 'min', 'q01') if name in entry)
    return next(sizes, 0)


def _vector(value: Any, width: int) -> Vector | None:
    try:
        vector = np.asarray(value, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        return None
    return vector if vector.size == width and np.isfinite(vector).all() else None
