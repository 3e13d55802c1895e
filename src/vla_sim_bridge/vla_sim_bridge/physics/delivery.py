"""Hands things on when their latency is over, in the order in which they came."""

from collections import deque
from collections.abc import Callable
import threading


class Delivery[T]:
    """A queue between threads: one adds, any releases what is due.

    What came later never overtakes: it waits until what came before is due.
    """

    def __init__(self, send: Callable[[T], None]) -> None:
        """Prepare; `send` is called in the thread that releases, one call at a time."""
        self._send = send
        self._waiting: deque[tuple[int, T]] = deque()
        self._sending = threading.Lock()

    def add(self, due_ns: int, item: T) -> None:
        """Put something at the end of the queue."""
        self._waiting.append((due_ns, item))

    def release(self, now_ns: int) -> None:
        """Send what is due; leaves it to another thread that is sending already."""
        if not self._sending.acquire(blocking=False):
            return
        try:
            while self._waiting and self._waiting[0][0] <= now_ns:
                self._send(self._waiting.popleft()[1])
        finally:
            self._sending.release()
