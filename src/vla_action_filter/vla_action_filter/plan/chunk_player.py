"""Plays the newest chunk by time: what inference made stale is skipped, latency never drifts."""

from collections.abc import Sequence

from vla_contract.chunk_curve import ChunkCurve
from vla_contract.values import ActionChunk, Vector


class ChunkPlayer:
    """Holds one chunk; a newer observation replaces an older one, never the other way."""

    def __init__(self, grippers: Sequence[int] = ()) -> None:
        """Start without a chunk; `grippers` as for `ChunkCurve`."""
        self._grippers = grippers
        self._curve: ChunkCurve | None = None

    @property
    def chunk(self) -> ActionChunk | None:
        """The chunk in use, None without one."""
        return self._curve.chunk if self._curve else None

    def clear(self) -> None:
        """Forget the chunk."""
        self._curve = None

    def offer(self, chunk: ActionChunk) -> bool:
        """Take a chunk unless its observation is older than the one in use."""
        if self._curve is not None and chunk.stamp_ns < self._curve.chunk.stamp_ns:
            return False
        self._curve = ChunkCurve(chunk, self._grippers)
        return True

    def sample(self, now_ns: int) -> tuple[Vector, Vector] | None:
        """Return target position and velocity at a time, each of shape (D,), or None."""
        return self._curve.sample(now_ns) if self._curve else None
