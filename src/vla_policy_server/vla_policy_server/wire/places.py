"""The places of a server: who has one, and who has been silent for long."""

from collections.abc import Callable
import time

from websockets.asyncio.server import ServerConnection

_AT_WORK = float('inf')


class Places:
    """Counts connections, and knows which one others may displace.

    Nobody is sent away while there is room: a robot is silent between episodes.
    """

    def __init__(
        self, most: int, idle_s: float, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with all places free.

        Args:
            most: connections at a time.
            idle_s: silence after which a connection can lose its place [s].
            now_s: monotonic clock [s].
        """
        self._most = most
        self._idle_s = idle_s
        self._now_s = now_s
        self._heard_s: dict[ServerConnection, float] = {}

    def __len__(self) -> int:
        """Return the number of places taken."""
        return len(self._heard_s)

    @property
    def are_full(self) -> bool:
        """Whether none is free."""
        return len(self) >= self._most

    def take(self, connection: ServerConnection) -> None:
        """Give a place to a connection."""
        self._heard_s[connection] = self._now_s()

    def leave(self, connection: ServerConnection) -> None:
        """Free the place of a connection, if it still has one."""
        self._heard_s.pop(connection, None)

    def begin_work(self, connection: ServerConnection) -> None:
        """Note that a connection waits for us, and so is not silent."""
        self._note(connection, _AT_WORK)

    def end_work(self, connection: ServerConnection) -> None:
        """Note that a connection has its answer."""
        self._note(connection, self._now_s())

    def take_from_idle(self) -> ServerConnection | None:
        """Free the place of who has been silent the longest, None where nobody was for long."""
        idlest = min(self._heard_s, key=lambda known: self._heard_s[known], default=None)
        if idlest is None or self._now_s() - self._heard_s[idlest] < self._idle_s:
            return None
        self.leave(idlest)
        return idlest

    def _note(self, connection: ServerConnection, heard_s: float) -> None:
        if connection in self._heard_s:
            self._heard_s[connection] = heard_s
