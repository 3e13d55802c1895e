"""Grasp failure: fingers that close on nothing, or lose what they held."""

from vla_contract.deployment.cell import Cell
from vla_contract.values import NS_PER_S
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.gripper.finger_way import FingerWay
from vla_rollout.diagnosis.taxonomy import EMPTY_GRASP
from vla_rollout.episodes.cycle import Cycle

# Share of the range within which fingers are fully closed: no object is that thin.
_SHUT = 0.05
# Fingers that pass through the closed position while they open again are not shut on nothing.
_SETTLED_S = 0.1


class EmptyGrasp(Detector):
    """How often the gripper was told to close and shut on nothing, in this episode.

    Counts each time the fingers reach their fully closed position, whether they never held
    anything or lost it.
    """

    cause = EMPTY_GRASP
    unit = 'times'
    floor = 0.5
    # Some policies try twice and succeed.
    default = 2.5
    blind_at = 1.0

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot; without a gripper the detector is unavailable."""
        self._fingers = FingerWay(cell)
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._count = 0
        self._since_ns: int | None = None
        self._is_counted = False

    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return the number of empty grasps so far."""
        if not len(self._fingers.joints) or cycle.command is None:
            return None
        told = self._fingers.closed(cycle.command) > 0.5
        shut = self._fingers.closed(cycle.joints.position) > 1.0 - _SHUT
        if not (told & shut).any():
            self._since_ns, self._is_counted = None, False
        elif self._since_ns is None:
            self._since_ns = cycle.now_ns
        elif not self._is_counted and cycle.now_ns - self._since_ns >= _SETTLED_S * NS_PER_S:
            self._count += 1
            self._is_counted = True
        return float(self._count)
