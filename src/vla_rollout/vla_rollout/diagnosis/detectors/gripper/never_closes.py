"""Grasp failure: a policy that does not tell the fingers to close."""

from vla_contract.deployment.cell import Cell
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.gripper.finger_way import FingerWay
from vla_rollout.diagnosis.detectors.motion.plan_clock import PlanClock
from vla_rollout.diagnosis.taxonomy import NEVER_CLOSES
from vla_rollout.episodes.cycle import Cycle

# Of the way from open to closed: half of it is what a wrong range of the gripper makes of all.
_CLOSE = 0.7


class NeverCloses(Detector):
    """Seconds of the plan since the episode began in which no fingers were asked to close.

    0 once they were. The clock of the plan counts, which is slower where the arm is slowed down.
    """

    cause = NEVER_CLOSES
    unit = 's of the plan'
    floor = 1.0
    factor = 2.0

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot; without a gripper the detector is unavailable."""
        self._fingers = FingerWay(cell)
        self._clock = PlanClock()
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._clock.restart()
        self._most, self._has_closed = 0.0, False

    @property
    def evidence(self) -> str:
        """How far the fingers were asked to close at most."""
        return f'asked to close by {max(self._most, 0.0):.0%} at most'

    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return how long they were not asked to [s]; None without a gripper."""
        if not len(self._fingers.joints):
            return None
        elapsed_s = self._clock.see(cycle)
        if cycle.desired is not None:
            self._most = max(self._most, float(self._fingers.closed(cycle.desired.position).max()))
        self._has_closed = self._has_closed or self._most > _CLOSE
        return 0.0 if self._has_closed else elapsed_s
