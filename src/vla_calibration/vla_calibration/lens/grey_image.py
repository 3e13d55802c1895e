"""Decodes image files as the sensor delivered them, whatever their depth, to grey of 8 bits."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from vla_contract.values import Image

# What the last bytes of a whole file hold; a broken download is decoded with a grey half. Cameras
# append previews and notes, so the marker may stand a little before the end.
_ENDS = {b'\xff\xd8': b'\xff\xd9', b'\x89PNG': b'IEND'}
_TAIL = 65536
# What sensors put into files of 16 bits.
_DEPTHS = (8, 10, 12, 14, 16)
# What a program draws with: exact red, green or blue, in so many pixels. A sensor never sees it.
_PURE, _DRAWN_PX = (5, 250), 50


def read_grey(data: bytes) -> Image | None:
    """Decode an image, shape (H, W); None where it is broken or cut short.

    Images of 10 to 16 bits are scaled by the depth that their brightest pixel needs, those of
    floating point by 1, 255 or their brightest pixel.
    """
    for start, end in _ENDS.items():
        if data.startswith(start) and end not in data[-_TAIL:]:
            return None
    # The orientation tag is for people: a camera driver delivers unturned pixels.
    grey = _decoded(data, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH)
    return None if grey is None else eight_bits(grey)


def read_colour(data: bytes) -> Image | None:
    """Decode an image for people to look at, shape (H, W, 3) BGR; None where it is broken."""
    colour = _decoded(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    return None if colour is None else eight_bits(colour)


def eight_bits(image: NDArray[Any]) -> Image:
    """Return an image of any depth in 8 bits."""
    if image.dtype == np.uint8:
        return image
    brightest = float(np.nanmax(np.where(np.isfinite(image), image, np.nan), initial=0.0))
    if np.issubdtype(image.dtype, np.floating):
        full = next((full for full in (1.0, 255.0) if brightest <= full), brightest)
    else:
        full = next(2.0**depth - 1.0 for depth in _DEPTHS if brightest < 2**depth)
    scaled = np.nan_to_num(image.astype(np.float32), posinf=full, neginf=0.0) * (255.0 / full)
    return np.clip(np.round(scaled), 0, 255).astype(np.uint8)


def is_drawn_over(data: bytes) -> bool:
    """Say whether a program drew lines into an image: pixels of pure red, green or blue."""
    colour = read_colour(data)
    if colour is None:
        return False
    low, high = _PURE
    is_pure = ((colour <= low).sum(axis=2) == 2) & (colour.max(axis=2) >= high)
    return int(is_pure.sum()) >= _DRAWN_PX


def _decoded(data: bytes, flags: int) -> NDArray[Any] | None:
    if not data:
        return None
    try:
        return cv2.imdecode(
            np.frombuffer(data, dtype=np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION
        )
    except cv2.error:
        return None
