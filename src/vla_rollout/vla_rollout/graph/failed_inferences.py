"""How often a policy server on the graph failed during an episode, by what it says itself."""

import threading


class FailedInferences:
    """Counts from the beginning of an episode; fed by callbacks, read elsewhere."""

    def __init__(self) -> None:
        """Start with nothing heard."""
        self._lock = threading.Lock()
        self._total = self._before = 0
        self._last = ''

    def hear(self, total: int, last: str) -> None:
        """Take what the server says.

        Args:
            total: inferences that failed since it started; fewer than before after a new start.
            last: why the last one did.
        """
        with self._lock:
            self._before = min(self._before, total)
            self._total, self._last = total, last

    def begin(self) -> None:
        """Count from here."""
        with self._lock:
            self._before = self._total

    @property
    def count(self) -> int:
        """How many failed in this episode."""
        with self._lock:
            return self._total - self._before

    @property
    def last(self) -> str:
        """Why the last one in this episode did, '' for none."""
        with self._lock:
            return self._last if self._total > self._before else ''
