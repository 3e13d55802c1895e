"""What the plan asked for at the times at which commands are due."""

from vla_action_filter.verdict import Desired

# More than any lead holds at any rate of the filter.
_KEPT = 256


class DesiredLog:
    """Remembers, for commands that were computed ahead, what was desired at each."""

    def __init__(self) -> None:
        """Start empty."""
        self._desired: dict[int, Desired | None] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._desired.clear()

    def add(self, due_ns: int, desired: Desired | None) -> None:
        """Note what is desired at a time [ns]; a later word on the same time counts."""
        self._desired.pop(due_ns, None)
        self._desired[due_ns] = desired
        if len(self._desired) > _KEPT:
            del self._desired[next(iter(self._desired))]

    def at(self, due_ns: int) -> Desired | None:
        """Return what was desired at a time [ns], None for nothing."""
        return self._desired.get(due_ns)

    def shift(self, by_ns: int) -> None:
        """Move everything in time, for a clock that was set [ns]."""
        self._desired = {due_ns + by_ns: desired for due_ns, desired in self._desired.items()}
