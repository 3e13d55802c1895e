"""Finds corners that do not fit in between their neighbours, and where they should be."""

import numpy as np
from vla_calibration.board.find.refine import nearest_spacing
from vla_contract.values import Vector

# A corner further than this from where its neighbours have it, in spacings, and this many times
# further than most are: perspective and distortion bend a grid smoothly.
_OFF, _TIMES = 0.12, 5.0


def smoothed(pixels: Vector, cols: int, rows: int) -> Vector:
    """Return the corners with those that stand out moved to where their neighbours have them.

    Args:
        pixels: row by row, shape (cols * rows, 2) [px].
        cols: corners in a row.
        rows: corners in a column.
    """
    expected = _expected(pixels.reshape(rows, cols, 2)).reshape(-1, 2)
    off = np.linalg.norm(pixels - expected, axis=1)
    limit = max(_OFF * nearest_spacing(pixels), _TIMES * float(np.median(off)))
    is_off = off > limit
    return np.where(is_off[:, None], expected, pixels)


def _expected(grid: Vector) -> Vector:
    """Return where the neighbours have each corner, shape (rows, cols, 2) [px].

    The median of what its row and its column say: the middle between two neighbours, and the next
    step beyond two on one side. One wrong corner does not move it.
    """
    said = [*_along(grid), *(np.swapaxes(s, 0, 1) for s in _along(np.swapaxes(grid, 0, 1)))]
    expected: Vector = np.nanmedian(np.stack(said), axis=0)
    return expected


def _along(grid: Vector) -> list[Vector]:
    """Return what the corners before and behind say along the second axis; NaN where none are."""
    between, ahead, behind = (np.full(grid.shape, np.nan) for _ in range(3))
    between[:, 1:-1] = (grid[:, :-2] + grid[:, 2:]) / 2.0
    ahead[:, 2:] = 2.0 * grid[:, 1:-1] - grid[:, :-2]
    behind[:, :-2] = 2.0 * grid[:, 1:-1] - grid[:, 2:]
    return [between, ahead, behind]
