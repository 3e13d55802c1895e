"""Finds the points of a board in one image, to a fraction of a pixel."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from vla_calibration.board.boards import Board
from vla_calibration.board.find.aprilgrid import find_aprilgrid
from vla_calibration.board.find.charuco import find_charuco
from vla_calibration.board.find.chessboard import find_chessboard, find_chessboard_sb
from vla_calibration.board.find.circles import find_circles, find_circles_dot
from vla_contract.values import Image, Vector

_FINDERS = {
    'chessboard': find_chessboard,
    'chessboard_sb': find_chessboard_sb,
    'charuco': find_charuco,
    'circles': find_circles,
    'circles_dot': find_circles_dot,
    'asymmetric_circles': find_circles,
    'aprilgrid': find_aprilgrid,
}


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
        subpixel_px: half the window of the sub-pixel search [px]; None for one that suits the
            distance between the points.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image
    found = _FINDERS[board.kind](grey, board, subpixel_px)
    if found is None:
        return None
    ids, pixels = found
    return Detection(ids, pixels, board.points()[ids])
