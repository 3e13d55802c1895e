"""Drift: the arm stays behind what it is told."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import NS_PER_S, Vector
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.taxonomy import TRACKING
from vla_rollout.episodes.cycle import Cycle

# Averages over a few corners of a motion; a lag that lasts shows within a second.
_AVERAGE_S = 0.5


class Tracking(Detector):
    """Exponential average of commanded minus measured position, worst arm joint."""

    cause = TRACKING
    unit = 'of the joint range'
    floor = 0.005

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot."""
        self._arm = np.array(cell.arm)
        self._span = joint_span(cell)[self._arm]
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._average: Vector = np.zeros(len(self._arm))
        self._last_ns: int | None = None

    def see_cycle(self, cycle: Cycle) -> float:
        """Return the average error, as a share of the joint's range."""
        if cycle.command is None:
            return 0.0
        elapsed_s = 0.0 if self._last_ns is None else (cycle.now_ns - self._last_ns) / NS_PER_S
        self._last_ns = cycle.now_ns
        error = (cycle.command - cycle.joints.position)[self._arm] / self._span
        self._average = self._average + (error - self._average) * (
            elapsed_s / (elapsed_s + _AVERAGE_S)
        )
        return float(np.abs(self._average).max())
