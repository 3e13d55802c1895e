"""Procedural textures: every number is another one, and none of them is an asset."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from vla_contract.values import Image, Vector

Pattern = Callable[[np.random.Generator, int], Vector]
# Of full scale: the darkest that a grey texture makes the colour below it.
_DARKEST_GREY = 0.4


@dataclass(frozen=True)
class Texture:
    """Which texture a geom has for an episode.

    Attributes:
        number: of `make_texture`, 0 for the authored one.
        is_grey: its greys alone, so that the colour of the geom stays what it is.
    """

    number: int
    is_grey: bool = False

    def pixels(self, side: int) -> Image:
        """Return it, shape (side, side, 3); not of the authored one."""
        texture = make_texture(self.number, side)
        if not self.is_grey:
            return texture
        grey = cv2.cvtColor(texture, cv2.COLOR_RGB2GRAY).astype(np.float64)
        # The mean stays near white, whatever the texture's colours are.
        share = (grey - grey.min()) / max(float(np.ptp(grey)), 1.0)
        levels = 255.0 * (_DARKEST_GREY + (1.0 - _DARKEST_GREY) * share)
        shaded: Image = np.repeat(np.round(levels).astype(np.uint8)[..., None], 3, axis=2)
        return shaded


def make_texture(number: int, side: int) -> Image:
    """Return a texture, shape (side, side, 3); the same number gives the same pixels.

    A pattern of values in [0, 1] chooses between two or three random colours.

    Args:
        number: which of 2^31 textures.
        side: width and height [px].
    """
    rng = np.random.default_rng([number, 0x7E47])
    pattern = _PATTERNS[rng.integers(len(_PATTERNS))](rng, side)
    colours = rng.uniform(0.0, 255.0, (int(rng.integers(2, 4)), 3))
    place = np.clip(pattern, 0.0, 1.0) * (len(colours) - 1)
    first = np.minimum(place.astype(int), len(colours) - 2)
    share = (place - first)[..., None]
    mixed = colours[first] * (1.0 - share) + colours[first + 1] * share
    texture: Image = np.round(mixed).astype(np.uint8)
    return texture


def _grid(side: int) -> tuple[Vector, Vector]:
    axis = np.arange(side) / side
    x, y = np.meshgrid(axis, axis)
    return x, y


def _turned(rng: np.random.Generator, side: int) -> tuple[Vector, Vector]:
    """Return coordinates turned by a random angle."""
    x, y = _grid(side)
    angle = rng.uniform(0.0, np.pi)
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def _flat(rng: np.random.Generator, side: int) -> Vector:
    return np.full((side, side), rng.uniform(0.0, 1.0))


def _gradient(rng: np.random.Generator, side: int) -> Vector:
    along, _ = _turned(rng, side)
    ramp: Vector = (along - along.min()) / max(np.ptp(along), 1e-9)
    return ramp


def _stripes(rng: np.random.Generator, side: int) -> Vector:
    along, _ = _turned(rng, side)
    wave = np.sin(2.0 * np.pi * rng.uniform(2.0, 24.0) * along)
    sharp: Vector = 0.5 + 0.5 * np.tanh(rng.uniform(0.5, 12.0) * wave)
    return sharp


def _checker(rng: np.random.Generator, side: int) -> Vector:
    along, across = _turned(rng, side)
    count = rng.uniform(2.0, 20.0)
    cells: Vector = (np.floor(count * along) + np.floor(count * across)) % 2.0
    return cells


def _dots(rng: np.random.Generator, side: int) -> Vector:
    along, across = _turned(rng, side)
    count, radius = rng.uniform(3.0, 16.0), rng.uniform(0.15, 0.45)
    distance = np.hypot((count * along) % 1.0 - 0.5, (count * across) % 1.0 - 0.5)
    dots: Vector = (distance < radius).astype(np.float64)
    return dots


def _clouds(rng: np.random.Generator, side: int) -> Vector:
    """Add noise of several sizes, each half as strong as the next coarser one."""
    total = np.zeros((side, side))
    for octave in range(int(rng.integers(1, 6)), 8):
        small = rng.standard_normal((2**octave, 2**octave))
        total += cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC) / 2.0**octave
    spread: Vector = (total - total.min()) / max(np.ptp(total), 1e-9)
    return spread


def _wood(rng: np.random.Generator, side: int) -> Vector:
    """Draw rings bent by clouds, stretched along the grain."""
    along, across = _turned(rng, side)
    bent = across + 0.3 * _clouds(rng, side) + 0.05 * along
    rings: Vector = 0.5 + 0.5 * np.sin(2.0 * np.pi * rng.uniform(4.0, 20.0) * bent)
    return rings


_PATTERNS: tuple[Pattern, ...] = (_flat, _gradient, _stripes, _checker, _dots, _clouds, _wood)
