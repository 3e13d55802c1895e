"""Drift: the arm comes too late after what it is told."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import NS_PER_S, Vector
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.taxonomy import LAG
from vla_rollout.episodes.cycle import Cycle

# Averages over a few corners of a motion; a lag that lasts shows within a second.
_AVERAGE_S = 0.5
# Below this mean speed, in ranges per second, an error says nothing of a time.
_SLOW = 0.03
_LONGEST_STEP_S = 0.3


class Lag(Detector):
    """Seconds that the measured arm is behind its command, least squares over all joints.

    An arm that follows a time tau later is behind by tau times the commanded speed v, so the
    error e of a good servo grows with speed and says nothing by itself. tau minimises the mean
    of (e - tau v)^2: it is mean(e v) / mean(v^2), with exponential averages. An arm that stands
    still is not late: that is `actuator_stuck`.
    """

    cause = LAG
    unit = 's'
    floor = 0.25
    default = 0.25
    is_learned = False

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot."""
        self._arm = np.array(cell.arm)
        self._span = joint_span(cell)[self._arm]
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._last: tuple[int, Vector] | None = None
        self._error_by_speed = self._speed_squared = self._weight = 0.0

    def see_cycle(self, cycle: Cycle) -> float:
        """Return the time [s]; 0 while the arm is told to move too slowly to tell."""
        if cycle.command is None:
            self._last = None
            return 0.0
        told = cycle.command[self._arm] / self._span
        last, self._last = self._last, (cycle.now_ns, told)
        if last is None or not 0 < cycle.now_ns - last[0] <= _LONGEST_STEP_S * NS_PER_S:
            return 0.0
        step_s = (cycle.now_ns - last[0]) / NS_PER_S
        speed = (told - last[1]) / step_s
        error = told - cycle.joints.position[self._arm] / self._span
        share = step_s / (step_s + _AVERAGE_S)
        self._error_by_speed += (float(error @ speed) - self._error_by_speed) * share
        self._speed_squared += (float(speed @ speed) - self._speed_squared) * share
        self._weight += (1.0 - self._weight) * share
        if self._weight < 0.5 or self._speed_squared < _SLOW**2 * self._weight:
            return 0.0
        return max(0.0, self._error_by_speed / self._speed_squared)
