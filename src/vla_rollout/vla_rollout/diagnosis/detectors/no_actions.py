"""Frozen because there is nothing to follow."""

from vla_contract.filter_status import ReasonCode, Verdict
from vla_contract.values import NS_PER_S, to_ns
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.taxonomy import NO_ACTIONS
from vla_rollout.episodes.cycle import Cycle

_WANTS = (ReasonCode.NO_CHUNK, ReasonCode.CHUNK_STALE, ReasonCode.CHUNK_REFUSED)
# At rest cycles are told of ten times a second. Longer without one, nobody knows what happened.
_GAP_NS = to_ns(0.3)


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
        self._last_ns = 0

    def see_cycle(self, cycle: Cycle) -> float:
        """Return how long the filter has been holding for it [s]."""
        has_gap = cycle.now_ns - self._last_ns > _GAP_NS
        self._last_ns = cycle.now_ns
        if cycle.verdict is not Verdict.HOLD or cycle.reason.code not in _WANTS:
            self._since_ns = None
            return 0.0
        if self._since_ns is None or has_gap:
            self._since_ns = cycle.now_ns
        return (cycle.now_ns - self._since_ns) / NS_PER_S
