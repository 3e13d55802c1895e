"""One who commands: the plan that was asked for, and why it cannot be followed."""

from dataclasses import dataclass

from vla_action_filter.config import FilterConfig
from vla_action_filter.plan.plan import Plan, Refusal
from vla_action_filter.sources.refusals import Refusals
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import ChunkFault, Reason
from vla_contract.values import ActionChunk, Vector


@dataclass(frozen=True)
class Silence:
    """What is said of a source of which there is no chunk, or none that is new enough.

    Attributes:
        none: without a chunk.
        stale: of a chunk that is too old.
        age_ns: how old the observation behind it may be [ns].
    """

    none: Reason
    stale: Reason
    age_ns: int


class CommandSource:
    """Keeps what a policy, or a human, wants of the arm.

    Attributes:
        plan: its chunks, played by time.
    """

    def __init__(
        self, cell: Cell, config: FilterConfig, silence: Silence, has_seams: bool = True
    ) -> None:
        """Prepare for a robot; see `Plan` for seams."""
        self.plan = Plan(cell, config, has_seams)
        self._refusals = Refusals(config.reject_chunks)
        self._silence = silence

    def offer(self, chunk: ActionChunk, now_ns: int, command: Vector | None) -> Refusal | None:
        """Take a chunk, or refuse it and say why; None means taken. See `Plan.offer`."""
        refusal = self.plan.offer(chunk, now_ns, command)
        if refusal is None:
            self._refusals.accept()
        return refusal

    def refuse(self, reason: str, fault: ChunkFault) -> None:
        """Take note of a chunk that cannot be used; one too many clears the plan."""
        if self._refusals.refuse(reason, fault is ChunkFault.JUMP):
            self.plan.clear()

    def problem(self, now_ns: int) -> Reason:
        """Return why its plan cannot be followed, empty when it can."""
        chunk = self.plan.chunk
        if self._refusals.reason:
            return self._refusals.reason
        if chunk is None:
            return self._silence.none
        if now_ns - chunk.stamp_ns > self._silence.age_ns:
            return self._silence.stale
        return Reason('')

    def clear(self) -> None:
        """Forget the plan and what was refused."""
        self.plan.clear()
        self._refusals.accept()
