"""Frozen because there is nothing to follow."""

from vla_action_filter.verdict import Verdict
from vla_contract.values import NS_PER_S
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.taxonomy import NO_ACTIONS
from vla_rollout.episodes.cycle import Cycle


class NoActions(Detector):
    """Seconds without a break in which the filter held for want of a usable chunk."""

    cause = NO_ACTIONS
    unit = 's'
    floor = 0.5

    def __init__(self) -> None:
        """Start with an episode in which nothing has come yet."""
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._since_ns: int | None = None

    def see_cycle(self, cycle: Cycle) -> float:
        """Return how long the filter has been holding [s]; a latched stop is not ours."""
        if cycle.verdict is not Verdict.HOLD:
            self._since_ns = None
            return 0.0
        if self._since_ns is None:
            self._since_ns = cycle.now_ns
        return (cycle.now_ns - self._since_ns) / NS_PER_S
