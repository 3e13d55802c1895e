"""What is kept of each image: a small picture, and a few numbers of the whole one."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 16
"""Edge of the small picture [cells]; 16 x 16 averages 36 pixels of an image of 96 x 96."""

Numbers = NDArray[np.float32]
# Brightness below which a pixel is black, and from which on it is saturated.
_DARK, _BRIGHT = 15, 250


@dataclass(frozen=True)
class Signature:
    """One image.

    Attributes:
        picture: average colour of each cell, RGB in [0, 1], shape (SIDE, SIDE, 3).
        contrast: standard deviation of its pixels within a channel, in [0, 1].
        roughness: half the mean squared difference of neighbouring pixels, of the variance: 1
            for white noise, below 0.2 for pictures of things.
        dark: share of black pixels.
        bright: share of saturated pixels.
    """

    picture: Numbers
    contrast: float
    roughness: float
    dark: float
    bright: float


@dataclass(frozen=True)
class View:
    """What one camera saw in one episode: the fields of `Signature` over time.

    Attributes:
        camera: its feature.
        pictures: shape (T, SIDE, SIDE, 3).
        contrast: shape (T,).
        roughness: shape (T,).
        dark: shape (T,).
        bright: shape (T,).
        is_video: whether the images went through a codec, which changes every one.
    """

    camera: str
    pictures: Numbers
    contrast: Numbers
    roughness: Numbers
    dark: Numbers
    bright: Numbers
    is_video: bool = False

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.pictures)


def signature(image: NDArray[np.uint8]) -> Signature:
    """Return the signature of an image, shape (H, W, 3)."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(
        image.astype(np.float32) / 255.0, (SIDE, SIDE), interpolation=cv2.INTER_AREA
    )
    _, deviation = cv2.meanStdDev(image)
    contrast = float(np.sqrt(np.mean(np.square(deviation)))) / 255.0
    return Signature(
        np.asarray(small, dtype=np.float32),
        contrast,
        _roughness(grey),
        float(np.mean(grey <= _DARK)),
        float(np.mean(grey >= _BRIGHT)),
    )


def view_of(camera: str, signatures: list[Signature], is_video: bool) -> View:
    """Join the signatures of an episode's images."""
    names = ('contrast', 'roughness', 'dark', 'bright')
    columns = {
        name: np.array([getattr(entry, name) for entry in signatures], dtype=np.float32)
        for name in names
    }
    pictures = np.stack([entry.picture for entry in signatures])
    return View(camera, pictures, **columns, is_video=is_video)


def as_pixels(image: Any) -> NDArray[np.uint8]:
    """Return a torch image, shape (C, H, W), uint8 or float in [0, 1], as (H, W, 3) uint8."""
    if image.is_floating_point():
        image = (image * 255.0).round().byte()
    pixels = image.permute(1, 2, 0).numpy()
    return np.ascontiguousarray(np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels)


def _roughness(grey: NDArray[np.uint8]) -> float:
    values = grey.astype(np.float32)
    variance = float(values.var())
    if variance < 1.0:
        return 0.0
    across, down = np.diff(values, axis=1), np.diff(values, axis=0)
    return float((np.mean(across**2) + np.mean(down**2)) / (4.0 * variance))
