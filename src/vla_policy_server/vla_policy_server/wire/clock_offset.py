"""How far the clock of another machine is ahead, from the stamps of requests and answers."""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True)
class Exchange:
    """Four stamps of one request [ns]: two of this machine, two of the other one.

    Attributes:
        sent_ns: the request left here.
        received_ns: it arrived there.
        replied_ns: the answer left there.
        answered_ns: it arrived here.
    """

    sent_ns: int
    received_ns: int
    replied_ns: int
    answered_ns: int

    @property
    def offset_ns(self) -> int:
        """How far the other clock is ahead, if both ways took the same time (RFC 5905, 8)."""
        ahead_ns = self.received_ns - self.sent_ns
        return (ahead_ns + self.replied_ns - self.answered_ns) // 2

    @property
    def travel_ns(self) -> int:
        """Time both ways took together."""
        return (self.answered_ns - self.sent_ns) - (self.replied_ns - self.received_ns)


class ClockOffset:
    """The offset seen by the fastest of the recent exchanges, as NTP's clock filter takes it.

    The offset of an exchange is wrong by at most half its travel time, so the fastest one knows
    best; old ones are forgotten since clocks drift.
    """

    def __init__(self, size: int = 64) -> None:
        """Keep the last `size` exchanges."""
        self._exchanges: deque[Exchange] = deque(maxlen=size)

    def add(self, exchange: Exchange) -> None:
        """Add an exchange."""
        self._exchanges.append(exchange)

    @property
    def offset_ns(self) -> int:
        """How far the other clock is ahead [ns]; 0 before the first exchange."""
        return min(self._exchanges, key=_travel_ns).offset_ns if self._exchanges else 0

    @property
    def error_ns(self) -> int | None:
        """How wrong `offset_ns` can be [ns]; None before the first exchange."""
        return min(map(_travel_ns, self._exchanges)) // 2 if self._exchanges else None


def _travel_ns(exchange: Exchange) -> int:
    return exchange.travel_ns
