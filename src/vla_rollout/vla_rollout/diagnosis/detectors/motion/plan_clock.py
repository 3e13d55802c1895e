"""How much of the plan has been played."""

from vla_contract.values import NS_PER_S, to_ns
from vla_rollout.episodes.cycle import Cycle

# The plan is asked for a hundred times a second. A longer step is a seam or a pause.
_LONGEST_STEP_NS = to_ns(0.3)


class PlanClock:
    """Adds up the time that the plan goes on, not the time that passes.

    An arm at a tenth of its speed needs ten times as long for the same plan, and one that is
    held plays nothing: neither is slower at its task.
    """

    def __init__(self) -> None:
        """Start at zero."""
        self.restart()

    def restart(self) -> None:
        """Start at zero again."""
        self._total_ns = 0
        self._last_ns: int | None = None

    def see(self, cycle: Cycle) -> float:
        """Take a cycle; return how much has been played since the start [s]."""
        if cycle.desired is None:
            self._last_ns = None
            return self._total_ns / NS_PER_S
        now_ns = cycle.desired.plan_ns
        if self._last_ns is not None and 0 < now_ns - self._last_ns <= _LONGEST_STEP_NS:
            self._total_ns += now_ns - self._last_ns
        self._last_ns = now_ns
        return self._total_ns / NS_PER_S
