"""Frozen because the motors do not do what they are told."""

from collections import deque

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import to_ns, Vector
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.taxonomy import ACTUATOR_STUCK
from vla_rollout.episodes.cycle import Cycle

# How much of the way told is looked at: shorter than a person waits.
_WAY_NS = to_ns(0.3)
# Longer than servo, driver and network of most arms take together.
_LATE_NS = to_ns(0.2)
# An arm that started later than that is late and not stuck; one that has not started by then is.
_STARTS_NS = to_ns(0.5)
_SLACK_NS = to_ns(0.1)
# Ways of half a second need no more samples.
_STEP_NS = to_ns(0.02)
# Of a joint's range.
_MOVED = 0.005
# A joint that covered less than this share of its command's way has not followed.
_FOLLOWED = 0.2


class ActuatorStuck(Detector):
    """The commanded way of the last half second that an arm joint did not go, share of its range.

    Commands of the last 0.2 s, or of the time that the arm took to start, do not count yet: the
    arm has not heard of them. 0 for a joint that followed at least a fifth of the way: that one
    is slow, not stuck.
    """

    cause = ACTUATOR_STUCK
    unit = 'of the joint range'
    floor = 0.02
    default = 0.02
    is_learned = False

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot."""
        self._arm = np.array(cell.arm)
        self._span = joint_span(cell)[self._arm]
        self._past: deque[tuple[int, Vector, Vector]] = deque()
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._past.clear()
        self._start: tuple[Vector, Vector] | None = None
        self._told_ns: int | None = None
        self._late_ns: int | None = None
        self._score = 0.0

    def see_cycle(self, cycle: Cycle) -> float:
        """Return the worst joint's missing way, as a share of its range."""
        if cycle.command is None:
            return 0.0
        if self._past and cycle.now_ns - self._past[-1][0] < _STEP_NS:
            return self._score
        measured = cycle.joints.position[self._arm]
        self._past.append((cycle.now_ns, cycle.command[self._arm], measured))
        late_ns = self._late(cycle.now_ns, cycle.command[self._arm], measured)
        while cycle.now_ns - self._past[0][0] > _WAY_NS + late_ns:
            self._past.popleft()
        due_ns = cycle.now_ns - late_ns
        due = [command for sent_ns, command, _ in self._past if sent_ns <= due_ns]
        if not due:
            return 0.0
        told = np.ptp(due, axis=0)
        went = np.ptp([position for _, _, position in self._past], axis=0)
        self._score = float(np.where(went < _FOLLOWED * told, told / self._span, 0.0).max())
        return self._score

    def _late(self, now_ns: int, command: Vector, measured: Vector) -> int:
        """Return how late the arm may be: as late as it was when it started in this episode."""
        if self._late_ns is not None:
            return self._late_ns
        if self._start is None:
            self._start = command, measured
        told, went = (
            bool((np.abs(here - start) > _MOVED * self._span).any())
            for here, start in zip((command, measured), self._start, strict=True)
        )
        if told and self._told_ns is None:
            self._told_ns = now_ns
        if went:
            took_ns = 0 if self._told_ns is None else now_ns - self._told_ns
            self._late_ns = min(_STARTS_NS, max(_LATE_NS, took_ns + _SLACK_NS))
        return self._late_ns or _STARTS_NS
