"""Frozen because the motors do not do what they are told."""

from collections import deque

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import to_ns, Vector
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.taxonomy import ACTUATOR_STUCK
from vla_rollout.episodes.cycle import Cycle

# Shorter than a person waits.
_WINDOW_NS = to_ns(0.5)
# Longer than servo, driver and network of any arm that can be served take together.
_LATE_NS = to_ns(0.2)
# A joint that covered less than this share of its command's way has not followed.
_FOLLOWED = 0.2


class ActuatorStuck(Detector):
    """The commanded way of the last half second that an arm joint did not go, share of its range.

    Commands of the last 0.2 s do not count yet: no arm has heard of them. 0 for a joint that
    followed at least a fifth of the way: that one is slow, not stuck.
    """

    cause = ACTUATOR_STUCK
    unit = 'of the joint range'
    floor = 0.01

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot."""
        self._arm = np.array(cell.arm)
        self._span = joint_span(cell)[self._arm]
        self._past: deque[tuple[int, Vector, Vector]] = deque()

    def restart(self) -> None:
        """Forget the episode."""
        self._past.clear()

    def see_cycle(self, cycle: Cycle) -> float:
        """Return the worst joint's missing way, as a share of its range."""
        if cycle.command is None:
            return 0.0
        measured = cycle.joints.position[self._arm]
        self._past.append((cycle.now_ns, cycle.command[self._arm], measured))
        while cycle.now_ns - self._past[0][0] > _WINDOW_NS:
            self._past.popleft()
        due_ns = cycle.now_ns - _LATE_NS
        due = [command for sent_ns, command, _ in self._past if sent_ns <= due_ns]
        if not due:
            return 0.0
        told = np.ptp(due, axis=0)
        went = np.ptp([position for _, _, position in self._past], axis=0)
        return float(np.where(went < _FOLLOWED * told, told / self._span, 0.0).max())
