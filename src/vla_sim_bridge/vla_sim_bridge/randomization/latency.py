"""A latency that changes now and then, as networks, cameras and buses have it."""

import numpy as np
from numpy.typing import ArrayLike
from vla_contract.values import Vector

# Cells of the grid on which a latency may change: ten milliseconds, as long as a command. After
# 41 s, longer than an episode, the draws come round again.
_CELL_S, _CELLS = 0.01, 4096
# A latency lasts for 0.1 s in the mean: what delays one message (a busy bus, a scheduler) delays
# its neighbours too. Drawn anew for each message it would average out.
_CHANGE_SHARE = 0.1


class Latency:
    """A constant part, and an extra part that is drawn, held for a while, and drawn again.

    After each cell of 10 ms a new extra is drawn with probability 0.1 from [0, jitter], otherwise
    the last one is kept (as `hold_prob` of mjlab's DelayBuffer). It depends on the time since the
    start of the episode alone, not on how often one asks.
    """

    def __init__(self, constant_s: float, jitter_s: float, rng: np.random.Generator) -> None:
        """Draw an episode.

        Args:
            constant_s: the least latency [s].
            jitter_s: the largest extra [s].
            rng: stream of this latency in this episode.
        """
        changes = np.cumsum(rng.uniform(size=_CELLS) < _CHANGE_SHARE)
        self._cells: Vector = constant_s + jitter_s * rng.uniform(size=_CELLS + 1)[changes]

    def at(self, time_s: ArrayLike) -> Vector:
        """Return the latency of what sets out at these times since the start [s]."""
        cells = np.maximum(np.asarray(time_s) / _CELL_S, 0.0).astype(np.intp)
        latency: Vector = self._cells[cells % _CELLS]
        return latency

    @property
    def longest_s(self) -> float:
        """The largest latency of the episode [s]."""
        return float(self._cells.max())
