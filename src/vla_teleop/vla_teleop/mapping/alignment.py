"""How far a leader is from the arm, and whether that is near enough to lead it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector


@dataclass(frozen=True)
class Offset:
    """The joint that is farthest off, measured by what is allowed.

    Attributes:
        joint: its name.
        found: leader minus arm [rad or m].
        allowed: either way [rad or m].
    """

    joint: str
    found: float
    allowed: float

    @property
    def is_aligned(self) -> bool:
        """Whether every joint is near enough."""
        return abs(self.found) <= self.allowed

    @property
    def sentence(self) -> str:
        """Say it for who moves the leader."""
        return (
            f'{self.joint} of the leader is {self.found:+.3f} from the arm; '
            f'allowed: {self.allowed:.3f} either way: move the leader there'
        )


def tolerances(cell: Cell, columns: Sequence[int] | Vector, arm: float, gripper: float) -> Vector:
    """Return how far each joint may be off, shape (n,) [rad or m].

    Args:
        cell: with the joints.
        columns: places of the joints in it, shape (n,).
        arm: of a joint of an arm [rad or m].
        gripper: of a gripper, as a share of its range.
    """
    spans = [cell.joints[int(i)].upper - cell.joints[int(i)].lower for i in columns]
    return np.array(
        [
            gripper * span if int(i) in cell.grippers else arm
            for i, span in zip(columns, spans, strict=True)
        ]
    )


def worst_offset(names: Sequence[str], leader: Vector, arm: Vector, allowed: Vector) -> Offset:
    """Return the joint that is farthest off; all of shape (n,) [rad or m]."""
    difference = leader - arm
    worst = int(np.argmax(np.abs(difference) / allowed))
    return Offset(names[worst], float(difference[worst]), float(allowed[worst]))
