"""Time-out: the task takes far longer than when it succeeds."""

from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.motion.plan_clock import PlanClock
from vla_rollout.diagnosis.taxonomy import NO_PROGRESS
from vla_rollout.episodes.cycle import Cycle


class NoProgress(Detector):
    """Seconds of the plan that were played in this episode."""

    cause = NO_PROGRESS
    unit = 's of the plan'
    floor = 1.0
    factor = 2.0

    def __init__(self) -> None:
        """Start at zero."""
        self._clock = PlanClock()

    def restart(self) -> None:
        """Forget the episode."""
        self._clock.restart()

    def see_cycle(self, cycle: Cycle) -> float:
        """Return how much was played [s]."""
        return self._clock.see(cycle)
