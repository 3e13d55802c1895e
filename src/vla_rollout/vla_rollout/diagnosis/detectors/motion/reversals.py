"""Oscillation: the way that joints go in vain, back and forth."""

from collections import deque

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import to_ns, Vector
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.taxonomy import REVERSALS
from vla_rollout.episodes.cycle import Cycle

_WINDOW_NS = to_ns(1.0)


class Reversals(Detector):
    """Path of the desired position in the last second minus its displacement, worst arm joint.

    Direction reversals of the action stream separate failed from successful episodes better than
    speed, jerk or stalls (arXiv 2605.28726: AUROC 0.79 to 0.93). Total variation minus net motion
    counts each with its size, so that a quiet policy's small ones do not matter.
    """

    cause = REVERSALS
    unit = 'of the joint range'
    floor = 0.02
    blind_at = 0.5

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot."""
        self._arm = np.array(cell.arm)
        self._span = joint_span(cell)[self._arm]
        self._desired: deque[tuple[int, Vector]] = deque()

    def restart(self) -> None:
        """Forget the episode."""
        self._desired.clear()

    def see_cycle(self, cycle: Cycle) -> float:
        """Return path minus displacement as a share of the joint's range; 0 without a chunk."""
        if cycle.desired is None:
            self._desired.clear()
            return 0.0
        desired = cycle.desired.position[self._arm] / self._span
        self._desired.append((cycle.now_ns, desired))
        while cycle.now_ns - self._desired[0][0] > _WINDOW_NS:
            self._desired.popleft()
        positions = np.array([position for _, position in self._desired])
        path = np.abs(np.diff(positions, axis=0)).sum(axis=0)
        return float((path - np.abs(positions[-1] - positions[0])).max())
