"""Percentiles over the most recent samples; an old spike is forgotten."""

from collections import deque

import numpy as np


class SampleWindow:
    """Keeps the last few hundred numbers."""

    def __init__(self, size: int = 300) -> None:
        """Keep at most `size` samples."""
        self._samples: deque[float] = deque(maxlen=size)

    def add(self, value: float) -> None:
        """Add one number."""
        self._samples.append(value)

    def clear(self) -> None:
        """Forget all samples."""
        self._samples.clear()

    def percentile(self, percent: float) -> float | None:
        """Return a percentile, or None without samples."""
        if not self._samples:
            return None
        return float(np.percentile(self._samples, percent))
