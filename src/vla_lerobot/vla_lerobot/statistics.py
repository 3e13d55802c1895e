"""Statistics of frames that policies are normalised with, by LeRobot's names and shapes.

LeRobot computes them per episode and averages the episodes' quantiles, which are not those of all
frames (huggingface/lerobot#4156). Here every number is that of the frames together.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Entry = dict[str, NDArray[Any]]
Statistics = dict[str, Entry]

QUANTILES = {'q01': 0.01, 'q10': 0.10, 'q50': 0.50, 'q90': 0.90, 'q99': 0.99}
"""LeRobot's names of the quantiles."""
STD_FLOOR = 0.01
"""Smallest standard deviation of state and action that policies here are trained with [rad]."""


def vector_statistics(values: NDArray[Any]) -> Entry:
    """Return the statistics of one column of numbers.

    Args:
        values: of each frame, shape (N, D); (N,) counts as (N, 1).

    Returns:
        Mean, std, min, max and quantiles, shape (D,) each, and the count, shape (1,).
    """
    rows = np.asarray(values, dtype=np.float64)
    count = len(rows)
    rows = rows.reshape(-1, rows.shape[-1] if rows.ndim > 1 else 1)
    return {
        'min': rows.min(axis=0),
        'max': rows.max(axis=0),
        'mean': rows.mean(axis=0),
        'std': rows.std(axis=0),
        'count': np.array([count]),
        **{name: np.quantile(rows, share, axis=0) for name, share in QUANTILES.items()},
    }


class PixelCounts:
    """How often each channel of some images has each of its 256 values.

    All statistics follow from that exactly, however many images there are.
    """

    def __init__(self, channels: int = 3) -> None:
        """Begin without an image."""
        self._counts = np.zeros((channels, 256), dtype=np.int64)
        self._images = 0

    def add(self, image: NDArray[np.uint8]) -> None:
        """Count the pixels of an image, shape (channels, height, width)."""
        for own, pixels in zip(self._counts, image, strict=True):
            own += np.bincount(pixels.reshape(-1), minlength=256)
        self._images += 1

    def statistics(self) -> Entry:
        """Return what `vector_statistics` would of all pixels, scaled to [0, 1].

        Returns:
            Arrays of shape (channels, 1, 1), and the number of images, shape (1,).
        """
        values, total = np.arange(256.0), self._counts[0].sum()
        cumulative = self._counts.cumsum(axis=1)
        mean = self._counts @ values / total
        variance = self._counts @ values**2 / total - mean**2
        found = {
            'min': _ranked(cumulative, 0.0),
            'max': _ranked(cumulative, 1.0),
            'mean': mean,
            'std': np.sqrt(np.maximum(variance, 0.0)),
            **{name: _ranked(cumulative, share) for name, share in QUANTILES.items()},
        }
        scaled = {name: value[:, None, None] / 255.0 for name, value in found.items()}
        return {**scaled, 'count': np.array([self._images])}


def _ranked(cumulative: NDArray[np.int64], share: float) -> NDArray[np.float64]:
    """Return a quantile of each channel, as `np.quantile` interpolates between two values.

    Args:
        cumulative: number of pixels up to each value, shape (channels, 256).
        share: of the pixels, in [0, 1].
    """
    place = (cumulative[0, -1] - 1) * share
    below = int(np.floor(place))
    ends = [np.searchsorted(own, [below, int(np.ceil(place))], side='right') for own in cumulative]
    low, high = np.array(ends, dtype=np.float64).T
    return np.asarray(low + (high - low) * (place - below))


def floored(stats: Mapping[str, Entry], floors: Mapping[str, NDArray[Any]]) -> Statistics:
    """Return statistics with a smallest standard deviation of state and action.

    A joint that hardly moved would otherwise turn encoder noise into large inputs.

    Args:
        stats: of every column.
        floors: by key, the smallest standard deviation of each number; of other keys any.
    """
    raised = {
        key: np.maximum(stats[key]['std'], floor.astype(stats[key]['std'].dtype))
        for key, floor in floors.items()
        if key in stats
    }
    return {
        key: {**entry, 'std': raised[key]} if key in raised else entry
        for key, entry in stats.items()
    }
