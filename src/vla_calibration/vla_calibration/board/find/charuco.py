"""Finds the corners between the markers of a ChArUco board."""

import cv2
import numpy as np
from vla_calibration.board.boards import Board
from vla_calibration.board.find.chessboard import Found
from vla_calibration.board.find.refine import narrow_window_px, refined
from vla_contract.values import Image

# A view with fewer corners says little about a pose.
_FEWEST = 6


def find_charuco(grey: Image, board: Board, subpixel_px: int | None) -> Found:
    """Find the corners of which enough of the markers around are seen."""
    corners, ids, _, _ = cv2.aruco.CharucoDetector(board.aruco()).detectBoard(grey)
    if ids is None or len(ids) < _FEWEST:
        return None
    pixels = corners.reshape(-1, 2).astype(np.float64)
    # The edge of a marker is this far from the corner, in squares.
    margin = (1.0 - board.marker_m / board.square_m) / 2.0
    # OpenCV 4.9 to 4.13 answers half a pixel too far right and down (its issue 25539); searching
    # again from there removes the bias, whichever version it is.
    window = subpixel_px or narrow_window_px(pixels, margin)
    return ids.ravel().astype(np.intp), refined(grey, pixels, window)
