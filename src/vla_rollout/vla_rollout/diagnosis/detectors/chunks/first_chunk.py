"""Frozen because the policy has not answered yet."""

from vla_contract.filter_status import ReasonCode, Verdict
from vla_contract.values import ActionChunk, NS_PER_S
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.taxonomy import FIRST_CHUNK
from vla_rollout.episodes.cycle import Cycle


class FirstChunk(Detector):
    """Seconds in which the filter has waited for the first chunk of the episode.

    A policy that compiles, warms up or is far away takes its time once, and the arm stands until
    then: that is no failure of the episode once it moves.
    """

    cause = FIRST_CHUNK
    unit = 's'
    floor = 3.0
    default = 3.0
    is_learned = False

    def __init__(self) -> None:
        """Start with an episode in which nothing has come yet."""
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._since_ns: int | None = None
        self._has_come = False

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Take note that one came."""
        self._has_come = True

    def see_cycle(self, cycle: Cycle) -> float:
        """Return how long it has been waited for [s]; 0 once it came, or was refused."""
        waits = cycle.verdict is Verdict.HOLD and cycle.reason.code in (
            ReasonCode.NO_CHUNK,
            ReasonCode.CHUNK_STALE,
        )
        self._has_come = self._has_come or cycle.verdict < Verdict.HOLD
        if self._has_come or not waits:
            self._since_ns = None
            return 0.0
        if self._since_ns is None:
            self._since_ns = cycle.now_ns
        return (cycle.now_ns - self._since_ns) / NS_PER_S
