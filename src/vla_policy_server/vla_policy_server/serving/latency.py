"""Latencies in milliseconds, as percentiles over the most recent ones; by stage where known."""

from collections import defaultdict
from collections.abc import Mapping

from vla_policy_server.serving.sample_window import SampleWindow


class LatencyWindow:
    """Keeps the last few hundred durations."""

    def __init__(self, size: int = 300) -> None:
        """Keep at most `size` samples."""
        self._samples_ns = SampleWindow(size)

    def add(self, duration_ns: int) -> None:
        """Add one duration [ns]."""
        self._samples_ns.add(duration_ns)

    def clear(self) -> None:
        """Forget all samples."""
        self._samples_ns.clear()

    def percentile_ms(self, percent: float) -> float | None:
        """Return a percentile in milliseconds, or None without samples."""
        duration_ns = self._samples_ns.percentile(percent)
        return None if duration_ns is None else duration_ns / 1e6


class StageLatencies:
    """One window per stage of the way from an image to a published chunk."""

    def __init__(self) -> None:
        """Start without samples."""
        self._windows: defaultdict[str, LatencyWindow] = defaultdict(LatencyWindow)

    def add(self, durations_ns: Mapping[str, int]) -> None:
        """Add one duration per stage [ns]."""
        for stage, duration_ns in durations_ns.items():
            self._windows[stage].add(duration_ns)

    def values(self) -> dict[str, float | None]:
        """Return the median, 95th and 99th percentile of every stage [ms], by name."""
        return {
            f'{stage}_p{percent}_ms': window.percentile_ms(percent)
            for stage, window in self._windows.items()
            for percent in (50, 95, 99)
        }
