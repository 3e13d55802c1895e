"""Whether the policy server on the graph is loading its policy, by what it says itself."""

from collections.abc import Callable
import threading
import time

# It says so once a second; a thread of a process that loads may get no turn for a few.
_SILENCE_S = 10.0
# How often a person is told.
_TELL_S = 10.0


class LoadingPolicy:
    """Remembers what was heard last; fed by callbacks, read elsewhere."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing heard.

        Args:
            clock: returns the time [s].
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._heard_s = self._told_s = float('-inf')
        self._message = ''

    def hear(self, message: str) -> None:
        """Take what a server that loads says; '' from one that has loaded."""
        with self._lock:
            self._message, self._heard_s = message, self._clock()

    @property
    def is_going_on(self) -> bool:
        """Whether it loads, and its process lives: it has said so in the last seconds."""
        with self._lock:
            return bool(self._message) and self._clock() - self._heard_s < _SILENCE_S

    def news(self) -> str:
        """Return what a person is to be told now, every ten seconds; '' for nothing."""
        now_s = self._clock()
        if not self.is_going_on or now_s - self._told_s < _TELL_S:
            return ''
        self._told_s = now_s
        with self._lock:
            return self._message
