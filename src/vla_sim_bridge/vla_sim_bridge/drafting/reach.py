"""Where an arm can get to, and to which side it works."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from vla_contract.values import Vector


@dataclass(frozen=True)
class Reach:
    """Where an arm can get to.

    Attributes:
        base: where its first joint is, shape (3,) [m].
        length: farthest place of the tool from there [m].
        side: horizontal vector to where it works, shape (3,); shorter than 0.1 of the length for
            an arm that turns all the way round.
    """

    base: Vector
    length: float
    side: Vector

    @property
    def front(self) -> Vector:
        """Horizontal axis along which it works; base frames look along x."""
        is_one_sided = np.linalg.norm(self.side) > 0.1 * self.length
        return _axis(self.side) if is_one_sided else np.array([1.0, 0.0, 0.0])


def common_front(reaches: Sequence[Reach]) -> list[Vector | None]:
    """Return where each of several arms is to work: a point, or None for its own front.

    Arms side by side look the same way; arms that stand apart by more than they reach look at
    what is between them.
    """
    if len(reaches) < 2:
        return [None] * len(reaches)
    middle = np.mean([reach.base for reach in reaches], axis=0)
    apart = max(float(np.linalg.norm(flat_part(r.base - middle))) for r in reaches)
    if apart > 0.5 * max(reach.length for reach in reaches):
        return [middle] * len(reaches)
    length = float(np.mean([reach.length for reach in reaches]))
    front = Reach(middle, length, np.mean([reach.side for reach in reaches], axis=0)).front
    return [
        reach.base + 2.0 * reach.length * front + _outwards(reach, middle) for reach in reaches
    ]


def _outwards(reach: Reach, middle: Vector) -> Vector:
    """Return how far a point straight ahead, two reaches away, has to be moved to the side.

    At half of the reach hands are then a quarter of it or more from the middle.
    """
    side = flat_part(reach.base - middle)
    width = float(np.linalg.norm(side))
    missing = max(0.25 * reach.length - width, 0.0)
    moved: Vector = 4.0 * missing * side / max(width, 1e-6)
    return moved


def _axis(direction: Vector) -> Vector:
    """Return the horizontal axis nearest to a direction."""
    found = np.zeros(3)
    k = int(np.argmax(np.abs(direction[:2])))
    found[k] = 1.0 if direction[k] >= 0 else -1.0
    return found


def flat_part(direction: Vector) -> Vector:
    """Return the horizontal part of a direction, shape (3,)."""
    return direction * [1.0, 1.0, 0.0]
