"""Finds grids of circles by the middles of their blobs."""

import cv2
import numpy as np
from vla_calibration.board.boards import Board
from vla_calibration.board.find.chessboard import copies, Found, in_image
from vla_contract.values import Image, Vector

# The dot has so much more area than the circles beside it, and than any other corner's has.
_LARGER, _LARGER_THAN_OTHERS = 1.3, 1.15
# Half the side of what is looked at of a circle, in distances to the next one.
_REACH = 0.7


def find_circles(grey: Image, board: Board, _: int | None) -> Found:
    """Find a symmetric or an asymmetric grid."""
    flag = (
        cv2.CALIB_CB_ASYMMETRIC_GRID
        if board.kind == 'asymmetric_circles'
        else cv2.CALIB_CB_SYMMETRIC_GRID
    )
    pixels = _found(grey, (board.cols, board.rows), flag)
    if pixels is None:
        return None
    if flag == cv2.CALIB_CB_SYMMETRIC_GRID:
        pixels = _from_the_front(pixels.reshape(board.rows, board.cols, 2)).reshape(-1, 2)
    return np.arange(len(pixels)), pixels


def _found(grey: Image, size: tuple[int, int], flag: int) -> Vector | None:
    """Return the middles of the circles [px]; OpenCV overlooks blobs of more than 5000 px^2."""
    for copy in (grey, *(small for small in copies(grey) if small is not grey)):
        is_found, centres = cv2.findCirclesGrid(copy, size, flags=flag)
        if is_found:
            return in_image(centres.reshape(-1, 2).astype(np.float64), copy, grey)
    return None


def find_circles_dot(grey: Image, board: Board, subpixel_px: int | None) -> Found:
    """Find a symmetric grid and turn it so that it begins at the larger circle in a corner."""
    found = find_circles(grey, board, subpixel_px)
    if found is None:
        return None
    grid = found[1].reshape(board.rows, board.cols, 2)
    turns = [np.rot90(grid, k) for k in range(4)]
    turns = [turned for turned in turns if turned.shape == grid.shape]
    larger = [_area_ratio(grey, turned) for turned in turns]
    first, *others = np.argsort(larger)[::-1]
    if larger[first] < _LARGER or larger[first] < _LARGER_THAN_OTHERS * larger[others[0]]:
        return None
    return found[0], turns[first].reshape(-1, 2).copy()


def _from_the_front(grid: Vector) -> Vector:
    """Return the grid with rows to the right and columns down: it is not seen from behind."""
    right, down = grid[0, -1] - grid[0, 0], grid[-1, 0] - grid[0, 0]
    is_mirrored = right[0] * down[1] - right[1] * down[0] < 0.0
    return grid[::-1] if is_mirrored else grid


def _area_ratio(grey: Image, grid: Vector) -> float:
    """Return how many times the area of its neighbours the first circle of a grid has."""
    reach = _REACH * float(np.linalg.norm(grid[[0, 1], [1, 0]] - grid[0, 0], axis=1).max())
    beside = [_area(grey, grid[place], reach) for place in ((0, 1), (1, 0), (1, 1))]
    return _area(grey, grid[0, 0], reach) / max(float(np.median(beside)), 1.0)


def _area(grey: Image, centre: Vector, reach: float) -> float:
    """Return the area of the blob at a place [px^2], dark on bright or bright on dark."""
    side = max(2 * round(reach), 3)
    patch = cv2.getRectSubPix(grey, (side, side), (float(centre[0]), float(centre[1])))
    middle = patch[side // 2, side // 2]
    edge = np.median(np.concatenate([patch[0], patch[-1], patch[:, 0], patch[:, -1]]))
    half = (float(middle) + float(edge)) / 2.0
    blob = (patch < half) if middle < edge else (patch > half)
    _, labels = cv2.connectedComponents(blob.astype(np.uint8))
    return float((labels == labels[side // 2, side // 2]).sum())
