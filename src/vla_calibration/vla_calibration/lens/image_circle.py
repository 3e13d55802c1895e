"""Finds the circle that a fisheye lens lights on its sensor: outside of it no board can be seen.

A dark corner of a room is dark too. So a cell counts as unlit only where the images together are
black outside of one circle and lit inside, in all four corners of the image.
"""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray
from vla_calibration.lens.coverage import COLUMNS, ROWS
from vla_contract.values import Image, Vector

# Parts of a cell along each side.
_PARTS = 6
# Black is less than this share of the brightest, which itself is more than that many grey levels.
_BLACK, _BRIGHT = 0.08, 60.0
# This share of the image agrees with a circle: lit inside, black outside.
_AGREES = 0.97
# A cell of which less than this is lit shows no board.
_LIT_SHARE = 0.5


def thumbnail(grey: Image) -> Image:
    """Return how bright each part of each cell is, shape (6 ROWS, 6 COLUMNS)."""
    size = (COLUMNS * _PARTS, ROWS * _PARTS)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def lit_cells(thumbnails: Iterable[Image], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which cells the lens lights, shape (ROWS, COLUMNS); all where it fills the image.

    Args:
        thumbnails: of all images.
        size: width and height of the images [px].
    """
    everywhere = np.ones((ROWS, COLUMNS), dtype=bool)
    brightest = np.max(list(thumbnails), axis=0).astype(np.float64)
    if brightest.max() < _BRIGHT:
        return everywhere
    is_lit = brightest >= _BLACK * brightest.max()
    inside = _inside_circle(is_lit, size)
    corners = is_lit[[0, 0, -1, -1], [0, -1, 0, -1]]
    if corners.any() or (inside == is_lit).mean() < _AGREES:
        return everywhere
    cells: NDArray[np.bool_] = (
        inside.reshape(ROWS, _PARTS, COLUMNS, _PARTS).mean(axis=(1, 3)) >= _LIT_SHARE
    )
    return cells


def _inside_circle(is_lit: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the circle around the middle of what is lit that agrees best with it."""
    rows, columns = is_lit.shape
    y, x = np.mgrid[:rows, :columns]
    x, y = (x + 0.5) * size[0] / columns, (y + 0.5) * size[1] / rows
    distance: Vector = np.hypot(x - x[is_lit].mean(), y - y[is_lit].mean())
    radii = np.unique(distance)
    agreement = [((distance <= radius) == is_lit).mean() for radius in radii]
    inside: NDArray[np.bool_] = distance <= radii[int(np.argmax(agreement))]
    return inside
