"""What the filter decided in one cycle, and why."""

from dataclasses import dataclass
from enum import StrEnum

from vla_contract.filter_status import NO_REASON, Reason, Verdict
from vla_contract.values import Vector


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
class Desired:
    """What the plan asks for in a cycle, before seams, smoothing and limits.

    Attributes:
        position: shape (D,) in the cell's order [rad or m].
        velocity: shape (D,) [rad/s or m/s].
        plan_ns: what the clock of the plan shows, behind time where the arm is slowed down [ns].
    """

    position: Vector
    velocity: Vector
    plan_ns: int


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
        desired: what the plan asks for; None without a chunk.
        human: names of the groups of joints that a human commands.
    """

    command: Vector | None
    verdict: Verdict
    reasons: tuple[Reason, ...]
    state: State = State.INACTIVE
    output: Output = Output.STREAM
    desired: Desired | None = None
    human: tuple[str, ...] = ()

    @property
    def reason(self) -> Reason:
        """The one cause that decided, empty when passed."""
        return self.reasons[0] if self.reasons else NO_REASON
