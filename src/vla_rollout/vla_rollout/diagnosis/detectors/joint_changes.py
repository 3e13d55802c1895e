"""Which mistake of wiring would explain that joints are where they cannot be."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector
from vla_rollout.diagnosis.detectors.joint_span import joint_span

# Of a joint's range, worst joint: nearer than this a mistake explains what was seen.
_FITS = 0.08


def explaining_change_of_arm(cell: Cell) -> Callable[[Vector, Vector], str]:
    """Return `explaining_change` of two arguments, for the arm joints of a cell."""
    joints = [cell.joints[i] for i in cell.arm]
    return partial(
        explaining_change,
        span=joint_span(cell)[list(cell.arm)],
        names=[joint.name for joint in joints],
        is_angle=[joint.type != 'prismatic' for joint in joints],
    )


def explaining_change(
    here: Vector, there: Vector, span: Vector, names: Sequence[str], is_angle: Sequence[bool]
) -> str:
    """Return the mistake without which joints would be where they are expected, '' for none.

    Args:
        here: where they are said to be, shape (n,) [rad or m].
        there: where they may be, shape (N, n) [rad or m].
        span: range of each joint, shape (n,).
        names: of the joints.
        is_angle: whether a joint turns.
    """
    if not len(there) or not np.isfinite(here).all():
        return ''

    def apart(values: Vector) -> float:
        return float((np.abs(there - values) / span).max(axis=1).min())

    own = apart(here)
    if own <= _FITS:
        return ''
    undone = [(apart(values), what) for what, values in _undone(here, names, is_angle)]
    nearest, what = min(undone, default=(own, ''))
    return what if nearest <= min(_FITS, own / 2.0) else ''


def _undone(
    here: Vector, names: Sequence[str], is_angle: Sequence[bool]
) -> Iterator[tuple[str, Vector]]:
    """Yield each mistake, and where the joints would be without it."""
    turns = np.asarray(is_angle)
    if turns.any():
        yield 'degrees for radians', np.where(turns, np.radians(here), here)
        yield 'radians for degrees', np.where(turns, np.degrees(here), here)
    for i, name in enumerate(names):
        reversed_ = here.copy()
        reversed_[i] *= -1.0
        yield f'{name} reversed', reversed_
    for i, k in combinations(range(len(names)), 2):
        swapped = here.copy()
        swapped[[i, k]] = swapped[[k, i]]
        yield f'{names[i]} and {names[k]} exchanged', swapped
