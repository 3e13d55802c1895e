"""Grasp failure: fingers that are shut before the arm has gone anywhere."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.gripper.finger_way import FingerWay
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.taxonomy import SHUT_FIRST
from vla_rollout.episodes.cycle import Cycle

# Of the way from open to closed, and of an arm joint's range.
_OPEN, _CLOSE, _MOVED = 0.3, 0.5, 0.05


class ShutFirst(Detector):
    """1 once open fingers are asked to close before the arm moves, 2 once they are to open later.

    A policy that means to keep them shut, to push something, does not open them on its way; one
    whose gripper is inverted does, where it wants to grasp.
    """

    cause = SHUT_FIRST
    unit = 'steps of it'
    floor = 0.5
    default = 1.5

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot; without a gripper the detector is unavailable."""
        self._fingers = FingerWay(cell)
        self._arm = np.array(cell.arm)
        self._span = joint_span(cell)[self._arm]
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._start: tuple[Vector, Vector] | None = None
        self._has_moved, self._score = False, 0.0

    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return how far it has come; None without a gripper."""
        if not len(self._fingers.joints):
            return None
        if cycle.desired is None:
            return self._score
        here = cycle.joints.position
        arm = here[self._arm] / self._span
        if self._start is None:
            self._start = arm, self._fingers.closed(here)
        first, closed = self._start
        self._has_moved |= bool((np.abs(arm - first) > _MOVED).any())
        asked = self._fingers.closed(cycle.desired.position)
        if not self._has_moved and ((closed < _OPEN) & (asked > _CLOSE)).any():
            self._score = 1.0
        elif self._has_moved and self._score == 1.0 and (asked < _OPEN).any():
            self._score = 2.0
        return self._score
