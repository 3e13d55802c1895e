"""How blurred a board is, in pixels, whatever its pattern, size and contrast."""

import cv2
import numpy as np
from vla_contract.values import Image, Vector

# Share of the pixels inside the board that lie on an edge: at least 2 % for squares of 100 px.
_EDGE_PERCENTILE = 99.0
# Black and white are taken from the tails, clear of noise.
_DARK_PERCENTILE, _BRIGHT_PERCENTILE = 5.0, 95.0
# Variance of a central difference, a box two pixels wide: it blurs by itself.
_DIFFERENCE_VARIANCE = 1.0 / 3.0


def blur_px(grey: Image, pixels: Vector) -> float:
    """Return the standard deviation of the blur over a board [px]; inf without contrast.

    The steepest slope of a step of height C blurred by sigma is C / (sigma sqrt(2 pi)).

    Args:
        grey: shape (H, W).
        pixels: points of the board, shape (n, 2) [px].
    """
    hull = cv2.convexHull(np.round(pixels).astype(np.int32))
    x, y, width, height = cv2.boundingRect(hull)
    left, top = max(x, 0), max(y, 0)
    part = grey[top : y + height, left : x + width].astype(np.float64)
    mask = np.zeros(part.shape, dtype=np.uint8)
    cv2.fillConvexPoly(mask, hull - [left, top], 1)
    inside = mask.astype(bool)
    if inside.sum() < 9 or min(part.shape) < 3:
        return float('inf')
    slope = np.hypot(*np.gradient(part))
    steepest = np.percentile(slope[inside], _EDGE_PERCENTILE)
    dark, bright = np.percentile(part[inside], [_DARK_PERCENTILE, _BRIGHT_PERCENTILE])
    if steepest <= 0.0 or bright <= dark:
        return float('inf')
    sigma = (bright - dark) / (steepest * np.sqrt(2.0 * np.pi))
    return float(np.sqrt(max(0.0, sigma**2 - _DIFFERENCE_VARIANCE)))
