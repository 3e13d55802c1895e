"""Decide which ticks belong to a slower rate, without drift."""


class RateDivider:
    """Fires at a fixed period of a running time.

    The next due time advances by whole periods from the first one, so that a 10 ms period on a
    2 ms tick fires every 10 ms and not every 12.
    """

    def __init__(self, period_ns: int) -> None:
        """Fire first at the first call, then every `period_ns`."""
        self._period_ns = period_ns
        self._due_ns: int | None = None

    def restart(self) -> None:
        """Fire at the next call, and a period after it."""
        self._due_ns = None

    def is_due(self, now_ns: int) -> bool:
        """Whether to fire now; at most once per period, and no bursts after a gap."""
        if self._due_ns is not None and now_ns < self._due_ns:
            return False
        base_ns = now_ns if self._due_ns is None else self._due_ns
        missed = (now_ns - base_ns) // self._period_ns
        self._due_ns = base_ns + (missed + 1) * self._period_ns
        return True
