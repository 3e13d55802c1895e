"""Frozen because the policy wants to stay."""

from vla_contract.deployment.cell import Cell
from vla_contract.values import NS_PER_S, Vector
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.taxonomy import POLICY_STAYS
from vla_rollout.episodes.cycle import Cycle

# A desired position that stays within this share of each joint's range: 0.6 deg for the Panda,
# less than a 1 cm motion of its tool.
_STILL = 0.002


class PolicyStays(Detector):
    """Seconds in which the desired position has not changed, fingers included."""

    cause = POLICY_STAYS
    unit = 's'
    floor = 1.0
    default = 5.0
    blind_at = 5.0

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot."""
        self._still = _STILL * joint_span(cell)
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._place: Vector | None = None
        self._since_ns = 0

    def see_cycle(self, cycle: Cycle) -> float:
        """Return how long the desired position has been still [s]; 0 without one."""
        if cycle.desired is None:
            self._place = None
            return 0.0
        here = cycle.desired.position
        if self._place is None or (abs(here - self._place) > self._still).any():
            self._place, self._since_ns = here, cycle.now_ns
        return (cycle.now_ns - self._since_ns) / NS_PER_S
