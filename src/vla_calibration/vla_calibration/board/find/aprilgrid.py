"""Finds the corners of the tags of an AprilGrid as Kalibr prints it.

Its tags have a border of two modules and touch black squares with their corners, so that a corner
is a saddle point like that of a chessboard: 0.1 px RMS on real images, where the corners of single
tags, which are the ends of edges, are 0.7 to 1.1 px off.
"""

import cv2
import numpy as np
from vla_calibration.board.boards import Board
from vla_calibration.board.find.chessboard import Found
from vla_calibration.board.find.refine import narrow_window_px, refined
from vla_calibration.board.find.tag_grid import completed, in_line
from vla_contract.values import Image, Vector

# Modules around the bits of a tag.
BORDER = 2
# OpenCV begins at the lower right corner of a tag as AprilTag and Kalibr print it.
_FIRST = 2
_FEWEST_TAGS = 4
# Half the window as a share of the smallest distance between corners, which is the side of the
# black squares or of the tags: the bits begin at a fifth of a tag.
_WINDOW = 0.4
# A tag whose corners are this share of its side from where the others have them is misread.
_MISREAD = 1.0


def find_aprilgrid(grey: Image, board: Board, subpixel_px: int | None) -> Found:
    """Find the corners of the tags that are seen."""
    corners, ids, _ = _detector(board).detectMarkers(grey)
    if ids is None:
        return None
    tags = ids.ravel().astype(np.intp)
    pixels = np.roll(np.array(corners, dtype=np.float64).reshape(-1, 4, 2), -_FIRST, axis=1)
    is_ours = (tags < board.cols * board.rows) & _once(tags)
    tags, pixels = tags[is_ours], pixels[is_ours]
    agreed = _in_place(board, tags, pixels)
    tags, pixels = tags[agreed], pixels[agreed]
    if len(tags) < _FEWEST_TAGS:
        return None
    found = completed(grey, board, dict(zip(tags.tolist(), pixels, strict=True)))
    tags, start = np.array(list(found)), np.concatenate(list(found.values()))
    points = (4 * tags[:, None] + np.arange(4)).ravel()
    inside = ((start >= 0.0) & (start <= np.array(grey.shape[::-1]) - 1.0)).all(axis=1)
    points, start = points[inside], start[inside]
    window = subpixel_px or narrow_window_px(start, _WINDOW, _WINDOW)
    exact = refined(grey, start, window)
    straight = in_line(board, points, exact)
    return points[straight], exact[straight]


def _detector(board: Board) -> 'cv2.aruco.ArucoDetector':
    parameters = cv2.aruco.DetectorParameters()
    parameters.markerBorderBits = BORDER
    # A grid that fills the image has small tags; large ones need wide windows to be binarised.
    parameters.minMarkerPerimeterRate = 0.01
    parameters.adaptiveThreshWinSizeMax = 53
    return cv2.aruco.ArucoDetector(board.markers, parameters)


def _once(tags: Vector) -> Vector:
    """Say which tags are seen once: a second one is a reflection, or of a second board."""
    _, place, count = np.unique(tags, return_inverse=True, return_counts=True)
    once: Vector = count[place] == 1
    return once


def _in_place(board: Board, tags: Vector, pixels: Vector) -> Vector:
    """Say which tags are where most of the others have them, shape (n,)."""
    if len(tags) < _FEWEST_TAGS:
        return np.zeros(len(tags), dtype=bool)
    corners = board.points().reshape(-1, 4, 3)[tags, :, :2]
    side = np.linalg.norm(pixels - np.roll(pixels, 1, axis=1), axis=2).mean(axis=1)
    H, _ = cv2.findHomography(
        corners.reshape(-1, 2),
        pixels.reshape(-1, 2),
        cv2.RANSAC,
        _MISREAD * float(np.median(side)),
    )
    if H is None:
        return np.zeros(len(tags), dtype=bool)
    expected = cv2.perspectiveTransform(corners.reshape(1, -1, 2), H).reshape(-1, 4, 2)
    off = np.linalg.norm(expected - pixels, axis=2).max(axis=1)
    in_place: Vector = off < _MISREAD * side
    return in_place
