"""Which chunks were taken and which refused, until somebody is told."""

from collections import deque

from vla_contract.filter_status import ChunkFault, RefusedChunk, TakenChunk

# A cycle in which more came is an attack, not a policy; the counters count all.
_MOST = 20


class ChunkLog:
    """Keeps the newest chunks of each kind by their stamps."""

    def __init__(self) -> None:
        """Start empty."""
        self._taken: deque[TakenChunk] = deque(maxlen=_MOST)
        self._refused: deque[RefusedChunk] = deque(maxlen=_MOST)

    @property
    def has_news(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._taken or self._refused)

    @property
    def taken(self) -> tuple[TakenChunk, ...]:
        """Those that were taken since the last time."""
        return tuple(self._taken)

    @property
    def refused(self) -> tuple[RefusedChunk, ...]:
        """Those that were refused since the last time."""
        return tuple(self._refused)

    def take(self, chunk: TakenChunk) -> None:
        """Note a chunk that was taken."""
        self._taken.append(chunk)

    def refuse(self, stamp_ns: int, fault: ChunkFault) -> None:
        """Note a chunk that was refused; stamp of its observation [ns]."""
        self._refused.append(RefusedChunk(stamp_ns, fault))

    def clear(self) -> None:
        """Forget all, once they were told."""
        self._taken.clear()
        self._refused.clear()
