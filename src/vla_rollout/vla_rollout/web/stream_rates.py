"""How often the streams of a graph come, and how old they are when they do."""

from collections import deque
from collections.abc import Callable
import threading
import time

# Long enough to count a camera of a few frames a second, short enough to see that it stopped.
_WINDOW_S = 3.0


class StreamRates:
    """Counts the messages of a few streams; safe between threads."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        """Begin without any.

        Args:
            now_s: clock of arrivals [s].
        """
        self._now_s = now_s
        self._lock = threading.Lock()
        self._arrivals: dict[str, deque[float]] = {}
        self._ages_s: dict[str, float] = {}

    def see(self, stream: str, age_s: float) -> None:
        """Count a message of a stream that was so old when it came [s]."""
        with self._lock:
            self._arrivals.setdefault(stream, deque()).append(self._now_s())
            self._ages_s[stream] = age_s

    def facts(self) -> dict[str, dict[str, float]]:
        """Return rate [Hz] and age of the newest message now [s], by stream."""
        now_s = self._now_s()
        with self._lock:
            return {name: self._fact(name, times, now_s) for name, times in self._arrivals.items()}

    def _fact(self, name: str, times: deque[float], now_s: float) -> dict[str, float]:
        last_s = times[-1]
        while len(times) > 1 and now_s - times[0] > _WINDOW_S:
            times.popleft()
        span_s = last_s - times[0]
        # A stream that has stopped comes more and more rarely.
        waited_s = max(now_s - times[0], span_s)
        rate_hz = (len(times) - 1) / waited_s if waited_s > 0 else 0.0
        return {'hz': round(rate_hz, 1), 'age_s': round(self._ages_s[name] + now_s - last_s, 3)}
