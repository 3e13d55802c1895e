"""Finds the points of a board in one image, to a fraction of a pixel."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from vla_calibration.board.boards import Board
from vla_contract.values import Image, Vector

# Half the sub-pixel window: 5 px gives 0.196 px RMS on OpenCV's left*.jpg where 11 px reaches into
# the neighbouring corners of a distant board and gives 0.409 px.
SUBPIXEL_PX = 5
_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-4)
# A ChArUco view with fewer corners says little about a pose.
_FEWEST_CHARUCO = 6


@dataclass(frozen=True, eq=False)
class Detection:
    """The points of a board seen in one image.

    Attributes:
        ids: index of each point in `Board.points()`, shape (n,).
        pixels: where it is, shape (n, 2) [px]; the centre of the first pixel is (0, 0).
        points: its place on the board, shape (n, 3) [m].
    """

    ids: NDArray[np.intp]
    pixels: Vector
    points: Vector

    def __len__(self) -> int:
        return len(self.ids)


def detect(image: Image, board: Board, subpixel_px: int | None = None) -> Detection | None:
    """Find a board in an image; None where it is not seen, or not enough of it.

    Args:
        image: shape (H, W) or (H, W, 3), RGB or grey.
        board: what to look for.
        subpixel_px: half the window of the sub-pixel search [px]; None for SUBPIXEL_PX, but
            never further than half-way to the next point.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image
    found = _FINDERS[board.kind](grey, board, subpixel_px)
    if found is None:
        return None
    ids, pixels = found
    return Detection(ids, pixels, board.points()[ids])


Found = tuple[NDArray[np.intp], Vector] | None


def _find_chessboard(grey: Image, board: Board, subpixel_px: int | None) -> Found:
    flags = cv2.CALIB_CB_ADAPTIVE_THRESH | cv2.CALIB_CB_NORMALIZE_IMAGE
    # The fast check throws away most images without a board in a millisecond.
    is_found, corners = cv2.findChessboardCorners(
        grey, (board.cols, board.rows), flags=flags | cv2.CALIB_CB_FAST_CHECK
    )
    if not is_found:
        return None
    pixels = corners.reshape(-1, 2)
    return np.arange(len(pixels)), _refined(grey, pixels, board, subpixel_px)


def _find_chessboard_sb(grey: Image, board: Board, subpixel_px: int | None) -> Found:
    """Find corners with the sector detector; it starts at the opposite corner: turn it round."""
    is_found, corners = cv2.findChessboardCornersSB(
        grey, (board.cols, board.rows), flags=cv2.CALIB_CB_ACCURACY
    )
    if not is_found:
        return None
    pixels = corners.reshape(-1, 2)[::-1].astype(np.float64)
    return np.arange(len(pixels)), pixels


def _find_charuco(grey: Image, board: Board, subpixel_px: int | None) -> Found:
    corners, ids, _, _ = cv2.aruco.CharucoDetector(board.aruco()).detectBoard(grey)
    if ids is None or len(ids) < _FEWEST_CHARUCO:
        return None
    # OpenCV 4.9 to 4.13 answers half a pixel too far right and down (its issue 25539); searching
    # again from there removes the bias, whichever version it is.
    pixels = corners.reshape(-1, 2)
    order = ids.ravel().astype(np.intp)
    return order, _refined(grey, pixels, board, subpixel_px)


def _find_circles(grey: Image, board: Board, subpixel_px: int | None) -> Found:
    flag = (
        cv2.CALIB_CB_ASYMMETRIC_GRID
        if board.kind == 'asymmetric_circles'
        else cv2.CALIB_CB_SYMMETRIC_GRID
    )
    is_found, centres = cv2.findCirclesGrid(grey, (board.cols, board.rows), flags=flag)
    if not is_found:
        return None
    pixels = centres.reshape(-1, 2).astype(np.float64)
    return np.arange(len(pixels)), pixels


def _refined(grey: Image, pixels: Vector, board: Board, subpixel_px: int | None) -> Vector:
    """Search around each corner; by default not beyond half-way to its nearest neighbour."""
    window = subpixel_px
    if window is None:
        window = max(2, min(SUBPIXEL_PX, int(_nearest_spacing(pixels) / 2.0) - 1))
    start = np.ascontiguousarray(pixels, dtype=np.float32).reshape(-1, 1, 2)
    refined = cv2.cornerSubPix(grey, start.copy(), (window, window), (-1, -1), _STOP)
    return np.asarray(refined.reshape(-1, 2), dtype=np.float64)


def _nearest_spacing(pixels: Vector) -> float:
    """Return the smallest distance between two points [px]."""
    difference = pixels[:, None] - pixels[None]
    distance = np.sqrt((difference**2).sum(axis=2))
    np.fill_diagonal(distance, np.inf)
    return float(distance.min())


_FINDERS = {
    'chessboard': _find_chessboard,
    'chessboard_sb': _find_chessboard_sb,
    'charuco': _find_charuco,
    'circles': _find_circles,
    'asymmetric_circles': _find_circles,
}
