"""What a policy answered to a frame, beside what was recorded after it."""

from dataclasses import dataclass

from vla_contract.values import Observation, Vector


@dataclass(frozen=True)
class AnsweredFrame:
    """An answer beside what was recorded; both begin with where the first action leads.

    Attributes:
        seen: what the policy saw.
        answer: positions that it wants, shape (K, D).
        recorded: what followed, shape (T, D).
    """

    seen: Observation
    answer: Vector
    recorded: Vector
