"""Oscillation: the way that joints go in vain, back and forth."""

from collections import deque

import numpy as np
from vla_contract.contract import RobotContract
from vla_contract.values import to_ns, Vector
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.taxonomy import REVERSALS
from vla_rollout.episodes.cycle import Cycle

_WINDOW_NS = to_ns(1.0)


class Reversals(Detector):
    """Way of the wish in the last second minus what it is away from where it was, worst arm joint.

    Direction reversals of the action stream separate failed from successful episodes better than
    speed, jerk or stalls (arXiv 2605.28726: AUROC 0.79 to 0.93). Total variation minus net motion
    counts each with its size, so that a quiet policy's small ones do not matter.
    """

    cause = REVERSALS
    unit = 'of the joint range'
    floor = 0.02

    def __init__(self, contract: RobotContract) -> None:
        """Prepare for a robot."""
        self._arm = np.array(contract.arm)
        self._span = joint_span(contract)[self._arm]
        self._wishes: deque[tuple[int, Vector]] = deque()

    def restart(self) -> None:
        """Forget the episode."""
        self._wishes.clear()

    def see_cycle(self, cycle: Cycle) -> float:
        """Return the way in vain, as a share of the joint's range; 0 without a wish."""
        if cycle.wish is None:
            self._wishes.clear()
            return 0.0
        self._wishes.append((cycle.now_ns, cycle.wish[self._arm] / self._span))
        while cycle.now_ns - self._wishes[0][0] > _WINDOW_NS:
            self._wishes.popleft()
        wishes = np.array([wish for _, wish in self._wishes])
        way = np.abs(np.diff(wishes, axis=0)).sum(axis=0)
        return float((way - np.abs(wishes[-1] - wishes[0])).max())
