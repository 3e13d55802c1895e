"""The browsers that a page is streamed to: how many, and an end that each of them is shown."""

from collections.abc import Iterator
from contextlib import contextmanager
import threading

MOST = 16
"""Streams at a time; each keeps a thread."""


class Streams:
    """Counts streams.

    Attributes:
        closing: set when every stream is to send a last state and end.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self.closing = threading.Event()
        self._ended = threading.Condition()
        self._count = 0

    @contextmanager
    def one(self) -> Iterator[bool]:
        """Count a stream while the block runs; yields whether there is a place for it."""
        with self._ended:
            is_place = self._count < MOST
            self._count += is_place
        try:
            yield is_place
        finally:
            with self._ended:
                self._count -= is_place
                self._ended.notify_all()

    def close(self, patience_s: float) -> None:
        """Have every stream end.

        Args:
            patience_s: how long to wait for those whose browser reads slowly [s].
        """
        self.closing.set()
        with self._ended:
            self._ended.wait_for(lambda: not self._count, patience_s)
