"""The time at which a plan is played: behind the clock where the arm may not go that fast."""

from collections import deque

from vla_contract.values import NS_PER_S

# An observation is never used longer after it was made.
_REMEMBERED_NS = 5 * NS_PER_S


class PlanClock:
    """A clock that can be slowed, and that knows what it showed when an observation was made."""

    def __init__(self) -> None:
        """Start with the time of the clock."""
        self.restart()

    def restart(self) -> None:
        """Show the time of the clock again."""
        self._now_ns: int | None = None
        self._lag_ns = 0
        # (when, lag) of every change, the oldest first.
        self._lags: deque[tuple[int, int]] = deque()

    def advance(self, now_ns: int, rate: float) -> int:
        """Go on to a time at a share of the clock's speed; return what this clock shows [ns].

        Args:
            now_ns: time of the clock; one before the last changes nothing [ns].
            rate: 0 (stands) to 1, since the last time.
        """
        passed_ns = 0 if self._now_ns is None else max(0, now_ns - self._now_ns)
        self._now_ns = now_ns
        lost_ns = round((1.0 - rate) * passed_ns)
        if lost_ns:
            self._lag_ns += lost_ns
            self._lags.append((now_ns, self._lag_ns))
        while len(self._lags) > 1 and self._lags[0][0] < now_ns - _REMEMBERED_NS:
            self._lags.popleft()
        return now_ns - self._lag_ns

    def at(self, when_ns: int) -> int:
        """Return what this clock showed at a time [ns]."""
        for since_ns, lag_ns in reversed(self._lags):
            if since_ns <= when_ns:
                return when_ns - lag_ns
        # Before the first change there was no lag, unless it is forgotten.
        return when_ns
