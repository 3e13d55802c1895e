"""What the filter decided in one cycle, and why."""

from dataclasses import dataclass
from enum import IntEnum

from vla_contract.values import Vector


class Verdict(IntEnum):
    """Outcome of a cycle, ordered by severity; the most severe reason wins."""

    PASS = 0
    CLAMP = 1
    HOLD = 2
    STOP = 3
    LATCHED = 4


@dataclass(frozen=True)
class FilterResult:
    """One cycle of the filter.

    Attributes:
        command: joint positions to send, contract order, shape (D,), or None before the first
            joint state: then nothing may be sent.
        verdict: what was done to the policy's wish.
        reasons: short machine-readable causes, most severe first; empty when passed.
    """

    command: Vector | None
    verdict: Verdict
    reasons: tuple[str, ...]
