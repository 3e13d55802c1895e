"""Moves points to the corner nearby, to a fraction of a pixel.

Half the window grows with the distance between the corners. A fixed one of 5 px is 0.2 px RMS on
photographs of 640x480 px and leaves single corners 10 px off on those of 1920x1080, because the
detector begins up to a fifth of a square away from the corner. It ends where something else is
drawn: the next corner, or the marker of a ChArUco board, which reaches into a window of 5 px where
squares are small and triples the error.
"""

import cv2
import numpy as np
from vla_contract.values import Image, Vector

# Half the window as a share of the distance between neighbouring corners: 5 px, 0.2 and 0.3 leave
# 0.196, 0.193 and 0.181 px RMS on OpenCV's left*.jpg, and 0.294, 0.250 and 0.243 px on photographs
# of 1920x1080 px. Further out are the neighbours of a board seen aslant.
SHARE = 0.3
# Small boards need some pixels whatever their share is, if nothing else is drawn in between.
_SMALL_PX, _SMALLEST_PX, _LARGEST_PX = 5, 2, 30
_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-4)


def refined(grey: Image, pixels: Vector, window_px: int) -> Vector:
    """Search for the corner around each point, shape (n, 2) [px].

    Args:
        grey: shape (H, W).
        pixels: inside the image, shape (n, 2) [px].
        window_px: half the window [px].
    """
    start = np.ascontiguousarray(pixels, dtype=np.float32).reshape(-1, 1, 2)
    found = cv2.cornerSubPix(grey, start.copy(), (window_px, window_px), (-1, -1), _STOP)
    return np.asarray(found.reshape(-1, 2), dtype=np.float64)


def window_px(pixels: Vector) -> int:
    """Return half the window for the corners of a chessboard, shape (n, 2) [px]."""
    spacing = nearest_spacing(pixels)
    small = min(_SMALL_PX, int(spacing / 2.0) - 1)
    return _within(max(small, int(SHARE * spacing)))


def narrow_window_px(pixels: Vector, free: float, share: float = SHARE) -> int:
    """Return half the window where something else is drawn at a share of the spacing away.

    Args:
        pixels: corners, shape (n, 2) [px].
        free: share of the spacing within which nothing but the corner is drawn.
        share: largest share to use.
    """
    return _within(int(min(share, free) * nearest_spacing(pixels)))


def nearest_spacing(pixels: Vector) -> float:
    """Return the smallest distance between two points [px]."""
    difference = pixels[:, None] - pixels[None]
    distance = np.sqrt((difference**2).sum(axis=2))
    np.fill_diagonal(distance, np.inf)
    return float(distance.min())


def _within(half_px: int) -> int:
    return min(max(half_px, _SMALLEST_PX), _LARGEST_PX)
