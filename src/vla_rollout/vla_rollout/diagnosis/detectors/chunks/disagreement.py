"""Oscillation: what one chunk takes back of the one before."""

import numpy as np
from vla_contract.chunk_curve import ChunkCurve
from vla_contract.deployment.cell import Cell
from vla_contract.values import ActionChunk
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.taxonomy import DISAGREEMENT
from vla_rollout.episodes.cycle import Cycle


class Disagreement(Detector):
    """Mean distance of two chunks where they overlap in time, share of the joint ranges.

    The single-sample form of STAC (Agia et al. 2024, arXiv 2410.04640): it needs no second sample
    of the policy and nothing of its inside.
    """

    cause = DISAGREEMENT
    unit = 'of the joint range'
    floor = 0.01
    blind_at = 0.25

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot."""
        self._arm = np.array(cell.arm)
        self._span = joint_span(cell)[self._arm]
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._last: ChunkCurve | None = None
        self._score = 0.0

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Compare a chunk with the one before it."""
        if self._last is not None:
            times = chunk.stamp_ns + chunk.period_ns * np.arange(len(chunk.positions))
            shared = times <= self._last.chunk.end_ns
            if shared.any():
                before = [self._last.sample(int(time))[0] for time in times[shared]]
                apart = np.abs(chunk.positions[shared] - before)[:, self._arm] / self._span
                self._score = float(apart.mean(axis=0).max())
        self._last = ChunkCurve(chunk)

    def see_cycle(self, cycle: Cycle) -> float:
        """Return the distance of the newest pair of chunks."""
        return self._score
