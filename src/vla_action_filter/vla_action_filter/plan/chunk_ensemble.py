"""Temporal ensembling: the weighted mean of all chunks that cover an instant."""

from collections.abc import Sequence
import math

import numpy as np
from vla_contract.chunk_curve import ChunkCurve
from vla_contract.values import ActionChunk, Vector

# More chunks than this never overlap; it bounds the work of one cycle.
_MOST_CHUNKS = 16


class ChunkEnsemble:
    """Averages overlapping chunks with the weights of ACT.

    Zhao et al. 2023, 'Learning fine-grained bimanual manipulation', algorithm 2: the weight of
    the i-th oldest prediction is exp(-m i), so a larger m trusts older plans more and a new
    observation enters more slowly. Opposite plans cancel: for a policy with several ways to do
    the task, fade is the better seam.
    """

    def __init__(self, decay: float, grippers: Sequence[int] = ()) -> None:
        """Keep the decay m >= 0 of the weights; `grippers` as for `ChunkCurve`."""
        self._decay, self._grippers = decay, grippers
        self._curves: list[ChunkCurve] = []

    @property
    def chunk(self) -> ActionChunk | None:
        """The newest chunk, None without one."""
        return self._curves[-1].chunk if self._curves else None

    def clear(self) -> None:
        """Forget all chunks."""
        self._curves.clear()

    def offer(self, chunk: ActionChunk) -> bool:
        """Take a chunk unless its observation is older than the newest one's."""
        newest = self.chunk
        if newest is not None and chunk.stamp_ns < newest.stamp_ns:
            return False
        self._curves = [*self._curves[1 - _MOST_CHUNKS :], ChunkCurve(chunk, self._grippers)]
        return True

    def sample(self, now_ns: int) -> tuple[Vector, Vector] | None:
        """Return target position and velocity at a time, each of shape (D,), or None.

        Chunks that have ended drop out, except the newest, whose last point holds.
        """
        if not self._curves:
            return None
        *older, newest = self._curves
        self._curves = [*(curve for curve in older if curve.chunk.end_ns > now_ns), newest]
        samples = [curve.sample(now_ns) for curve in self._curves]
        weights = np.array([math.exp(-self._decay * i) for i in range(len(samples))])
        weights /= weights.sum()
        position = weights @ np.array([position for position, _ in samples])
        velocity = weights @ np.array([velocity for _, velocity in samples])
        return position, velocity
