"""Finds chessboards: coarsely in a small copy of the image, to a fraction of a pixel in it.

OpenCV's search of a whole 1920x1200 image takes 13 s where half of a board is in it, and a tenth
of a second at a third of the size. Two sizes bound the work for an image of any resolution.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from vla_calibration.board.boards import Board
from vla_calibration.board.find.grid import smoothed
from vla_calibration.board.find.refine import refined, window_px
from vla_contract.values import Image, Vector

# Longer sides of the copies that are searched [px]. A square of 1/200 of the image is still found.
_SIDES_PX = (640, 1280)

Found = tuple[NDArray[np.intp], Vector] | None


def find_chessboard(grey: Image, board: Board, subpixel_px: int | None) -> Found:
    """Find corners by their squares."""
    flags = cv2.CALIB_CB_ADAPTIVE_THRESH | cv2.CALIB_CB_NORMALIZE_IMAGE
    for copy in copies(grey):
        # The fast check throws away most images without a board in a millisecond.
        is_found, corners = cv2.findChessboardCorners(
            copy, (board.cols, board.rows), flags=flags | cv2.CALIB_CB_FAST_CHECK
        )
        if is_found:
            start = in_image(corners.reshape(-1, 2).astype(np.float64), copy, grey)
            return np.arange(len(start)), _corners(grey, start, board, subpixel_px)
    return None


def find_chessboard_sb(grey: Image, board: Board, _: int | None) -> Found:
    """Find corners with the sector detector; it starts at the opposite corner: turn it round."""
    size = (board.cols, board.rows)
    copy = list(copies(grey))[-1]
    # What is not in the copy is not searched for in the whole image, which takes seconds.
    if copy is not grey and not cv2.findChessboardCornersSB(copy, size)[0]:
        return None
    is_found, corners = cv2.findChessboardCornersSB(grey, size, flags=cv2.CALIB_CB_ACCURACY)
    if not is_found:
        return None
    pixels = corners.reshape(-1, 2)[::-1].astype(np.float64)
    return np.arange(len(pixels)), pixels


def _corners(grey: Image, start: Vector, board: Board, subpixel_px: int | None) -> Vector:
    """Search around each corner; once more where one fits badly between its neighbours."""
    start = smoothed(start, board.cols, board.rows)
    window = subpixel_px or window_px(start)
    found = refined(grey, start, window)
    again = smoothed(found, board.cols, board.rows)
    return found if (again == found).all() else refined(grey, again, window)


def copies(grey: Image) -> Iterator[Image]:
    """Yield the image at each size that is searched, the image itself where it is small."""
    height, width = grey.shape
    longest = max(width, height)
    for side in _SIDES_PX:
        if longest <= side:
            yield grey
            return
        size = (round(width * side / longest), round(height * side / longest))
        yield np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def in_image(pixels: Vector, copy: Image, grey: Image) -> Vector:
    """Return pixels of a copy as pixels of the image; the middle of its first one is (0, 0)."""
    size = np.array(grey.shape[::-1])
    scale = size / np.array(copy.shape[::-1])
    whole: Vector = np.clip((pixels + 0.5) * scale - 0.5, 0.0, size - 1.0)
    return whole
