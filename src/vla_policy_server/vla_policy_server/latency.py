"""Percentiles over the most recent latencies; an old spike is forgotten."""

from collections import deque

import numpy as np


class LatencyWindow:
    """Keeps the last few hundred durations."""

    def __init__(self, size: int = 300) -> None:
        """Keep at most `size` samples."""
        self._samples_ns: deque[int] = deque(maxlen=size)

    def add(self, duration_ns: int) -> None:
        """Add one duration [ns]."""
        self._samples_ns.append(duration_ns)

    def clear(self) -> None:
        """Forget all samples."""
        self._samples_ns.clear()

    def percentile_ms(self, percent: float) -> float | None:
        """Return a percentile in milliseconds, or None without samples."""
        if not self._samples_ns:
            return None
        return float(np.percentile(self._samples_ns, percent)) / 1e6
