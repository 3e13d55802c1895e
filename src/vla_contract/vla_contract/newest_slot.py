"""Hands values from one thread to another, the newest only."""

import threading


class NewestSlot[T]:
    """Holds at most one value; a newer one replaces it.

    Attributes:
        dropped: values that were replaced before they were taken.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._wake = threading.Condition()
        self._waiting: T | None = None
        self._is_closed = False
        self.dropped = 0

    def put(self, value: T) -> None:
        """Offer a value; never waits."""
        with self._wake:
            self.dropped += self._waiting is not None
            self._waiting = value
            self._wake.notify()

    def take(self) -> T | None:
        """Wait for a value and return it; None once the slot is closed."""
        with self._wake:
            self._wake.wait_for(lambda: self._is_closed or self._waiting is not None)
            value, self._waiting = self._waiting, None
            return None if self._is_closed else value

    def close(self) -> None:
        """Let whoever waits, and whoever comes later, get None."""
        with self._wake:
            self._is_closed = True
            self._wake.notify_all()
