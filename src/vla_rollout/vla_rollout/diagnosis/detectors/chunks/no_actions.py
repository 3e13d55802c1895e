"""Frozen because there is nothing to follow."""

from vla_contract.filter_status import ReasonCode, Verdict
from vla_contract.values import ActionChunk, NS_PER_S, to_ns
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.taxonomy import NO_ACTIONS
from vla_rollout.episodes.cycle import Cycle

_WANTS = (ReasonCode.NO_CHUNK, ReasonCode.CHUNK_STALE)
# At rest cycles are told of ten times a second. Longer without one, nobody knows what happened.
_GAP_NS = to_ns(0.3)


class NoActions(Detector):
    """Seconds without a break in which the filter held for want of a chunk, after the first one.

    The wait for the first chunk is `first_chunk`; chunks that came and were refused are `refused`.
    """

    cause = NO_ACTIONS
    unit = 's'
    floor = 0.5
    default = 0.5
    is_learned = False

    def __init__(self) -> None:
        """Start with an episode in which nothing has come yet."""
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._since_ns: int | None = None
        self._last_ns = 0
        self._has_begun = False

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Take note that the policy has begun to answer."""
        self._has_begun = True

    def see_cycle(self, cycle: Cycle) -> float:
        """Return how long the filter has been holding for it [s]."""
        has_gap = cycle.now_ns - self._last_ns > _GAP_NS
        self._last_ns = cycle.now_ns
        self._has_begun = self._has_begun or cycle.verdict < Verdict.HOLD
        is_waiting = cycle.verdict is Verdict.HOLD and cycle.reason.code in _WANTS
        if not (self._has_begun and is_waiting):
            self._since_ns = None
            return 0.0
        if self._since_ns is None or has_gap:
            self._since_ns = cycle.now_ns
        return (cycle.now_ns - self._since_ns) / NS_PER_S
