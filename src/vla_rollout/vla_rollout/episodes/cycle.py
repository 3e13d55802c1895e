"""What happened in one control cycle, and who wants to know."""

from dataclasses import dataclass
from typing import Protocol

from vla_action_filter.verdict import Verdict
from vla_contract.values import ActionChunk, JointSample, Vector


@dataclass(frozen=True)
class Cycle:
    """One cycle of the action filter, from its inputs and its result.

    Attributes:
        now_ns: time of the cycle [ns].
        desired: what the policy wants now, shape (D,) [rad or m]; None without a chunk.
        desired_velocity: velocity of the desired position, shape (D,); None without a chunk.
        command: what was sent, shape (D,); None before the first command.
        joints: the newest measurement.
        verdict: what the filter did with it.
        reason: why, '' when passed.
        plan_ns: time of the desired position in the plan, behind `now_ns` when the arm is slowed
            down; chunks that observers see are stamped by it [ns].
    """

    now_ns: int
    desired: Vector | None
    desired_velocity: Vector | None
    command: Vector | None
    joints: JointSample
    verdict: Verdict
    reason: str
    plan_ns: int


class CycleObserver(Protocol):
    """Watches an episode cycle by cycle, live or from a recording."""

    def restart(self) -> None:
        """Forget the last episode."""

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Take a chunk that the filter took, stamped by the time of the plan."""

    def see_cycle(self, cycle: Cycle) -> object:
        """Take a cycle; what it answers is the observer's own."""
