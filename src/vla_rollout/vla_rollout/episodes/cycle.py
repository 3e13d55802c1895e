"""What happened in one control cycle, and who wants to know."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from vla_action_filter.verdict import Desired
from vla_contract.filter_status import Reason, Verdict
from vla_contract.values import ActionChunk, Image, JointSample, Vector


@dataclass(frozen=True)
class Cycle:
    """One cycle of the action filter, from its inputs and what it reports.

    Attributes:
        now_ns: when the command of the cycle is due [ns].
        desired: what the plan asks for then; None without a chunk.
        command: what was sent, shape (D,) [rad or m]; None before the first command.
        joints: the newest measurement of that time.
        verdict: what the filter did with what was desired.
        reason: why, empty when passed.
        human: names of the groups of joints that a human commands.
    """

    now_ns: int
    desired: Desired | None
    command: Vector | None
    joints: JointSample
    verdict: Verdict
    reason: Reason
    human: tuple[str, ...] = ()


class CycleObserver(Protocol):
    """Watches an episode cycle by cycle, live or from a recording."""

    def restart(self) -> None:
        """Forget the last episode."""

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Take a chunk that the filter took, stamped by the clock of its plan."""

    def see_cycle(self, cycle: Cycle) -> object:
        """Take a cycle; what it answers is the observer's own."""


@runtime_checkable
class RefusalObserver(Protocol):
    """Watches also what the filter does not take."""

    def see_refused(self, chunk: ActionChunk) -> None:
        """Take a chunk that the filter refused."""


@runtime_checkable
class ImageObserver(Protocol):
    """Watches also what the policy sees."""

    def see_frame(self, camera: str, stamp_ns: int, image: Image) -> None:
        """Take an image of a camera, shape (H, W, 3), captured at a time [ns]."""
