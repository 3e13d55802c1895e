"""Motion in a sequence of images, as one number per image.

For a small motion the pixels of a scene move along a line in the space of all images; its
direction is the first principal component of the sequence, and the coordinate along it follows
what moves, with its sign, to a small fraction of a pixel. It needs no marker and no model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from vla_contract.values import Image, Vector

# Small enough that noise averages out and a shift of a pixel is still a smooth change.
_WIDTH = 96


@dataclass(frozen=True, eq=False)
class ImageMotion:
    """Motion of a sequence.

    Attributes:
        signal: coordinate of each image along the main direction, shape (n,) [grey levels].
        share: of all change in the images that this direction explains, 0 to 1.
    """

    signal: Vector
    share: float


def shrink(image: Image) -> Image:
    """Return a small grey copy of an image, to be kept for `image_motion`."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image
    height = max(1, round(_WIDTH * grey.shape[0] / grey.shape[1]))
    small = cv2.resize(grey, (_WIDTH, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def image_motion(images: Sequence[Image]) -> ImageMotion:
    """Return the main motion of small grey images, all of one shape."""
    pixels = np.array([image.ravel() for image in images], dtype=np.float64)
    pixels -= pixels.mean(axis=0)
    # A lamp that flickers changes all pixels alike; what moves does not.
    pixels -= pixels.mean(axis=1, keepdims=True)
    # Images are many numbers and few: the products of images with one another are enough.
    values, vectors = np.linalg.eigh(pixels @ pixels.T)
    total = float(values.sum())
    share = float(values[-1]) / total if total > 0.0 else 0.0
    return ImageMotion(vectors[:, -1] * np.sqrt(max(float(values[-1]), 0.0)), share)
