"""The filter stopped the arm for good."""

from vla_contract.filter_status import ReasonCode, Verdict
from vla_rollout.diagnosis.cause import Cause
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.taxonomy import LATCHED, LATCHED_FOR
from vla_rollout.episodes.cycle import Cycle


class Latched(Detector):
    """1 while the filter brakes for good or stands latched, 0 otherwise."""

    cause = LATCHED
    variants = tuple(LATCHED_FOR.values())
    unit = 'latched'
    floor = 0.5
    default = 0.5
    is_learned = False

    def __init__(self) -> None:
        """Start with an arm that may move."""
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._reason = ''
        self._code = ReasonCode.UNKNOWN

    @property
    def evidence(self) -> str:
        """What the filter said when it stopped."""
        return self._reason

    @property
    def found(self) -> Cause:
        """The cause with the advice that belongs to the filter's reason."""
        return LATCHED_FOR.get(self._code, LATCHED)

    def see_cycle(self, cycle: Cycle) -> float:
        """Return whether the arm stands until somebody lets it go on."""
        if cycle.verdict < Verdict.STOP:
            return 0.0
        if not self._reason:
            self._reason, self._code = str(cycle.reason), cycle.reason.code
        return 1.0
