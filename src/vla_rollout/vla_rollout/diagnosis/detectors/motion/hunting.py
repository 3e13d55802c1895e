"""Oscillation of the arm that nobody told it."""

from collections import deque

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import to_ns, Vector
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.taxonomy import HUNTING
from vla_rollout.episodes.cycle import Cycle

_WINDOW_NS = to_ns(1.0)
_LONGER_NS = to_ns(1.5)
_STEP_NS = to_ns(0.05)


class Hunting(Detector):
    """Path minus displacement of the measured position in a second, less that of the command.

    Of the worst arm joint. An arm follows late, so the command is looked at for half a second
    longer. Encoders add their noise to every step, so samples are 0.05 s apart.
    """

    cause = HUNTING
    unit = 'of the joint range'
    floor = 0.03
    default = 0.03
    is_learned = False

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot."""
        self._arm = np.array(cell.arm)
        self._span = joint_span(cell)[self._arm]
        self._names = [cell.joints[i].name for i in cell.arm]
        self._past: deque[tuple[int, Vector]] = deque()
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._past.clear()
        self._score, self._worst = 0.0, 0

    @property
    def evidence(self) -> str:
        """Which joint shakes."""
        return f'{self._names[self._worst]} shakes, its command does not'

    def see_cycle(self, cycle: Cycle) -> float:
        """Return the surplus as a share of the joint's range."""
        if cycle.command is None:
            return 0.0
        if self._past and cycle.now_ns - self._past[-1][0] < _STEP_NS:
            return self._score
        here = np.stack([cycle.joints.position, cycle.command])[:, self._arm] / self._span
        self._past.append((cycle.now_ns, here))
        while cycle.now_ns - self._past[0][0] > _LONGER_NS:
            self._past.popleft()
        ways = np.array([way for _, way in self._past])
        is_recent = [cycle.now_ns - then_ns <= _WINDOW_NS for then_ns, _ in self._past]
        surplus = _vain(ways[is_recent, 0]) - _vain(ways[:, 1])
        self._worst = int(surplus.argmax())
        self._score = max(0.0, float(surplus[self._worst]))
        return self._score


def _vain(ways: Vector) -> Vector:
    """Return path minus displacement of each joint, of positions of shape (T, n)."""
    return np.asarray(np.abs(np.diff(ways, axis=0)).sum(axis=0) - np.abs(ways[-1] - ways[0]))
