"""Temporal ensembling: every chunk that covers an instant has a say in it."""

import math

import numpy as np
from vla_action_filter.chunk_player import ChunkPlayer
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

    def __init__(self, decay: float) -> None:
        """Keep the decay m >= 0 of the weights."""
        self._decay = decay
        self._players: list[tuple[ActionChunk, ChunkPlayer]] = []

    @property
    def chunk(self) -> ActionChunk | None:
        """The newest chunk, None without one."""
        return self._players[-1][0] if self._players else None

    def clear(self) -> None:
        """Forget all chunks."""
        self._players.clear()

    def offer(self, chunk: ActionChunk) -> bool:
        """Take a chunk unless its observation is older than the newest one's."""
        newest = self.chunk
        if newest is not None and chunk.stamp_ns < newest.stamp_ns:
            return False
        player = ChunkPlayer()
        player.offer(chunk)
        self._players = [*self._players[1 - _MOST_CHUNKS :], (chunk, player)]
        return True

    def sample(self, now_ns: int) -> tuple[Vector, Vector] | None:
        """Return target position and velocity at a time, each of shape (D,), or None.

        Chunks that have ended drop out, except the newest, whose last point holds.
        """
        newest = self.chunk
        self._players = [
            (chunk, player)
            for chunk, player in self._players
            if chunk is newest or chunk.end_ns > now_ns
        ]
        samples = [player.sample(now_ns) for _, player in self._players]
        known = [sample for sample in samples if sample is not None]
        if not known:
            return None
        weights = np.array([math.exp(-self._decay * i) for i in range(len(known))])
        weights /= weights.sum()
        position = weights @ np.array([position for position, _ in known])
        velocity = weights @ np.array([velocity for _, velocity in known])
        return position, velocity
