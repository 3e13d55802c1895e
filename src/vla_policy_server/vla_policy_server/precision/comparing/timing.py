"""Statistics of repeated latencies, and the clock that waits for the device."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import time

import numpy as np


@dataclass(frozen=True)
class Latency:
    """Latencies of one method [ms]."""

    mean_ms: float
    std_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @property
    def frequency_hz(self) -> float:
        """Chunks per second when one follows the other [Hz]."""
        return 1e3 / self.mean_ms


def summarise(durations_ns: Sequence[int]) -> Latency:
    """Return the statistics of some durations [ns].

    Raises:
        ValueError: there are none.
    """
    if not durations_ns:
        raise ValueError('no durations to summarise')
    values = np.asarray(durations_ns) / 1e6
    p50, p95, p99 = np.percentile(values, [50, 95, 99]).tolist()
    return Latency(float(values.mean()), float(values.std()), p50, p95, p99)


def time_calls(call: Callable[[], object], repeats: int, device: str) -> list[int]:
    """Return the durations of some calls [ns], after one that is not counted.

    The first call finds the caches filled by whatever ran before. A GPU works on after the call
    returns, so the clock is read when it is idle: without that, times are wrong by whole chunks.
    """
    wait = _synchronise(device)
    call()
    durations = []
    for _ in range(repeats):
        wait()
        started = time.perf_counter_ns()
        call()
        wait()
        durations.append(time.perf_counter_ns() - started)
    return durations


def _synchronise(device: str) -> Callable[[], object]:
    if not device.startswith('cuda'):
        return lambda: None
    import torch

    return lambda: torch.cuda.synchronize(device)
