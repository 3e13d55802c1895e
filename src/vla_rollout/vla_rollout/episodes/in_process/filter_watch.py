"""Measures what the filter did to the plan in one episode."""

import numpy as np
from vla_action_filter.watchdogs.lag_meter import LagMeter
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import Verdict
from vla_contract.values import ActionChunk, to_ns
from vla_rollout.episodes.cycle import Cycle

# A plan moves at once and an arm cannot: how far it is behind while it gets up to speed says
# little about the filter, so lag is also given without the time a seam takes to fade.
_START_NS = to_ns(0.3)


class FilterWatch:
    """Counts stopped cycles and measures the delay of the command behind the plan."""

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot."""
        self._arm = np.array(cell.arm)
        self.restart()

    def restart(self) -> None:
        """Forget the last episode."""
        self.lag, self.lag_with_starts = LagMeter(), LagMeter()
        self.stopped_cycles = 0
        self._still_ns = 0
        self._has_moved = False

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Look at cycles alone."""

    def see_cycle(self, cycle: Cycle) -> None:
        """Compare the command with the plan."""
        is_stopped = cycle.verdict >= Verdict.HOLD
        self._has_moved = self._has_moved or not is_stopped
        self.stopped_cycles += self._has_moved and is_stopped
        desired = cycle.desired
        if desired is None or cycle.command is None or is_stopped:
            self._still_ns = cycle.now_ns
            return
        signals = [
            value[self._arm] for value in (desired.position, desired.velocity, cycle.command)
        ]
        self.lag_with_starts.add(*signals)
        if cycle.now_ns - self._still_ns > _START_NS:
            self.lag.add(*signals)
