"""Motion in a sequence of images, as one number per image.

For a small motion the pixels of a scene move along a line in the space of all images; its
direction is the first principal component of the sequence, and the coordinate along it follows
what moves, with its sign, to a small fraction of a pixel. It needs no marker and no model. That a
motion is small is a matter of the details of the picture, so it is done with several blurs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from vla_contract.values import Image, Vector

# Small enough that noise averages out and a shift of a pixel is still a smooth change.
_WIDTH = 96
# Blurs that are tried, up to a quarter of the image, sigma [px of the small image].
_BLURS = (0.0, 2.0, 4.0, 8.0, 16.0, 24.0)


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


def image_motions(images: Sequence[Image]) -> list[ImageMotion]:
    """Return the main motion of small grey images, all of one shape, for each of several blurs.

    Little blur for motions of a pixel, much for those of ten; which suits is for the signal to
    tell that is compared with it.
    """
    return [_main_direction(images, blur) for blur in _BLURS]


def _main_direction(images: Sequence[Image], blur: float) -> ImageMotion:
    pixels = np.array([_blurred(image, blur).ravel() for image in images])
    pixels -= pixels.mean(axis=0)
    # A lamp that flickers changes all pixels alike; what moves does not.
    pixels -= pixels.mean(axis=1, keepdims=True)
    # Images are few and their pixels many: the products of images with one another are enough.
    values, vectors = np.linalg.eigh(pixels @ pixels.T)
    total = float(values.sum())
    share = float(values[-1]) / total if total > 0.0 else 0.0
    return ImageMotion(vectors[:, -1] * np.sqrt(max(float(values[-1]), 0.0)), share)


def _blurred(image: Image, sigma: float) -> Vector:
    grey = image.astype(np.float64)
    return grey if sigma == 0.0 else np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma))
