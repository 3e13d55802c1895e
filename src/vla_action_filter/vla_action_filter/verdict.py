"""What the filter decided in one cycle, and why."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from vla_contract.values import Vector


class Verdict(IntEnum):
    """Outcome of a cycle, ordered by severity; the most severe reason wins."""

    PASS = 0
    CLAMP = 1
    HOLD = 2
    STOP = 3
    LATCHED = 4


class State(StrEnum):
    """Where the filter is between being switched on and stopped; see `state_machine`."""

    INACTIVE = 'inactive'
    ARMED = 'armed'
    ACTIVE = 'active'
    HOLDING = 'holding'
    STOPPED = 'stopped-latched'


class Output(StrEnum):
    """What becomes of a cycle's command; see `output_gate`."""

    SILENT = 'silent'
    APPROACH = 'approach'
    STREAM = 'stream'


@dataclass(frozen=True)
class FilterResult:
    """One cycle of the filter.

    Attributes:
        command: joint positions to send, in the cell's order, shape (D,), or None before the first
            joint state: then nothing may be sent.
        verdict: what was done to the desired position. A latched stop is STOP while the arm
            brakes and LATCHED once it stands.
        reasons: short causes, most severe first; empty when passed.
        state: state of the filter after this cycle.
        output: whether the command is sent: not at all, as a slow point, or as it is.
    """

    command: Vector | None
    verdict: Verdict
    reasons: tuple[str, ...]
    state: State = State.INACTIVE
    output: Output = Output.STREAM

    @property
    def reason(self) -> str:
        """The one cause that decided, '' when passed."""
        return self.reasons[0] if self.reasons else ''
