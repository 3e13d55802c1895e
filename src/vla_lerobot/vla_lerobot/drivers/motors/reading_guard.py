"""Refuses a reading that no motor can have moved to."""

import numpy as np
from vla_contract.values import Vector
from vla_lerobot.drivers.errors import BusError

# The fastest STS3215 turns at 11 rad/s without load; what is falling may be faster [rad/s].
_FASTEST = 20.0
# What two readings may differ by whatever the time between them [rad].
_ROOM = 0.05


class ReadingGuard:
    """Compares each reading with the one before.

    A damaged or late answer with a right checksum is a number like any other; a filter that
    starts from it would command an arm that is elsewhere.
    """

    def __init__(self) -> None:
        """Begin: the first reading is believed."""
        self._last: Vector | None = None
        self._time_ns = 0

    def check(self, positions: Vector, now_ns: int) -> None:
        """Take a reading, shape (D,) [rad or m].

        Args:
            positions: as read.
            now_ns: when [ns].

        Raises:
            BusError: a joint moved farther than it can since the last one that was taken.
        """
        if self._last is not None:
            most = _FASTEST * (now_ns - self._time_ns) * 1e-9 + _ROOM
            moved = float(np.max(np.abs(positions - self._last)))
            if moved > most:
                raise BusError(f'a joint moved by {moved:.3f} rad; allowed: {most:.3f} since then')
        self._last, self._time_ns = positions, now_ns

    def forget(self) -> None:
        """Believe the next reading: hands may have moved the arm."""
        self._last = None
