"""An image as a coarse grid of colours and edges, by which two images are compared.

Brightness and contrast are taken off, so that another exposure is the same picture. Colours tell
red from blue and one scene from another; edges tell which way up a camera looks, in other light
and before another background as well.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from vla_contract.values import Image, Vector

# Cells per side. With 16 the same pictures are told apart no better.
_CELLS = 12
# Before edges are looked for: larger images would say more about noise than about the scene.
_SIDE = 96


@dataclass(frozen=True)
class Layout:
    """A coarse picture.

    Attributes:
        colours: mean colour of every cell, mean 0 and variance 1 over the picture, shape (432,).
        edges: root of the mean gradient across and down in every cell, likewise, shape (288,).
    """

    colours: Vector
    edges: Vector


def layout(image: Image) -> Layout:
    """Return the layout of an image, shape (H, W, 3), uint8 RGB."""
    small = cv2.resize(np.ascontiguousarray(image), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    gradients = [np.abs(cv2.Sobel(grey, cv2.CV_32F, *axis)) for axis in ((1, 0), (0, 1))]
    return Layout(_standard(_cells(small)), _standard(np.sqrt(_cells(np.dstack(gradients)))))


def unlikeness(one: Vector, others: Vector) -> float:
    """Return 1 minus the largest correlation with any other: 0 for the same, 1 for unrelated.

    Args:
        one: standardised, as in `Layout`, shape (N,).
        others: likewise, one or more, shape (M, N).
    """
    return float(1.0 - (others @ one).max() / len(one))


def _cells(image: Image) -> Vector:
    cells = cv2.resize(image, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
    return np.asarray(cells, dtype=np.float64).reshape(-1)


def _standard(values: Vector) -> Vector:
    apart = values - values.mean()
    spread = float(apart.std())
    # A picture of one colour is like no other.
    standard: Vector = apart / spread if spread > 0.0 else apart
    return standard
