"""How well a loop keeps its period, on the clock of the machine."""

from collections import deque
from collections.abc import Callable

import numpy as np

# Ten seconds at 100 Hz.
_CYCLES = 1000


class LoopTiming:
    """Keeps the last periods and durations of a loop."""

    def __init__(self, clock_ns: Callable[[], int]) -> None:
        """Measure with a monotonic clock [ns]."""
        self._clock_ns = clock_ns
        self._started_ns: int | None = None
        self._periods_ms: deque[float] = deque(maxlen=_CYCLES)
        self._cycles_us: deque[float] = deque(maxlen=_CYCLES)

    def restart(self) -> None:
        """Forget the past; the pause until the next cycle is none of the loop's."""
        self._started_ns = None
        self._periods_ms.clear()
        self._cycles_us.clear()

    def begin(self) -> None:
        """Note the start of a cycle."""
        now_ns = self._clock_ns()
        if self._started_ns is not None:
            self._periods_ms.append((now_ns - self._started_ns) / 1e6)
        self._started_ns = now_ns

    def end(self) -> None:
        """Note the end of a cycle."""
        if self._started_ns is not None:
            self._cycles_us.append((self._clock_ns() - self._started_ns) / 1e3)

    def report(self) -> dict[str, float]:
        """Return median, 99th percentile and maximum of period [ms] and cycle [us]."""
        figures: dict[str, float] = {}
        for name, values in (('period_ms', self._periods_ms), ('cycle_us', self._cycles_us)):
            if values:
                p50, p99 = np.percentile(values, [50, 99])
                figures |= {f'{name}_p50': float(p50), f'{name}_p99': float(p99)}
                figures[f'{name}_max'] = max(values)
        return figures
