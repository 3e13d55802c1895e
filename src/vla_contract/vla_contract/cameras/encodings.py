"""Encodings of sensor_msgs/Image, and how each becomes RGB.

The conversions are those of cv_bridge (vision_opencv, cv_bridge.cpp, getConversionCodes and
toCvCopyImpl), without it: that of Ubuntu 24.04 is built against numpy 1 while LeRobot needs numpy
2. Added are the names uyvy and yuyv, which sensor_msgs has for the same layouts, and nv12 and nv21
as the V4L2 documentation lays them out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_contract.values import Image

Pixels = NDArray[np.uint8]
"""Bytes of an image without the padding of its rows, shape (rows, width, bytes per pixel)."""


@dataclass(frozen=True)
class Encoding:
    """How the pixels of one encoding lie in memory, and how they become RGB.

    Attributes:
        pixel_bytes: bytes per pixel in a row.
        convert: makes RGB, shape (H, W, 3), of pixels; None for one of 16 bits, see `rgb_of`.
        width_of: the width is a multiple of it.
        height_of: the height is a multiple of it; 2 where half as many rows of colour follow
            those of brightness.
    """

    pixel_bytes: int
    convert: Callable[[Pixels], Image] | None
    width_of: int = 1
    height_of: int = 1

    def rows(self, height: int) -> int:
        """Return how many rows of data an image of this height has."""
        return height * 3 // 2 if self.height_of == 2 else height

    def rgb_of(self, pixels: Pixels, is_bigendian: bool) -> Image:
        """Return the RGB image of pixels, shape (H, W, 3), uint8; a view where nothing changes.

        Args:
            pixels: shape (rows, width, pixel_bytes).
            is_bigendian: order of the bytes of a number; those of one byte have none.
        """
        if self.convert is not None:
            return self.convert(pixels)
        kind = '>u2' if is_bigendian else '<u2'
        return _repeated(_eight_bits(np.ascontiguousarray(pixels).view(kind)))


def _by_opencv(code: str, is_flat: bool = False) -> Callable[[Pixels], Image]:
    def convert(pixels: Pixels) -> Image:
        import cv2  # here, since every command knows the names of encodings and few see an image

        if not pixels.size:
            return np.empty((*pixels.shape[:2], 3), np.uint8)
        # A view of padded rows is none that OpenCV takes everywhere.
        flat = np.ascontiguousarray(pixels[:, :, 0] if is_flat else pixels)
        return np.asarray(cv2.cvtColor(flat, getattr(cv2, code)), dtype=np.uint8)

    return convert


def _repeated(grey: NDArray[Any]) -> Image:
    return np.repeat(grey, 3, axis=2)


def _eight_bits(values: NDArray[np.uint16]) -> Pixels:
    """Return 255 / 65535 of each value, rounded to the nearest; none is half way between two."""
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


_UYVY = Encoding(2, _by_opencv('COLOR_YUV2RGB_UYVY'), width_of=2)
_YUYV = Encoding(2, _by_opencv('COLOR_YUV2RGB_YUY2'), width_of=2)
# OpenCV names a mosaic by the second and third pixel of its second row, ROS by its first two rows.
BAYER = {
    'bayer_rggb8': Encoding(1, _by_opencv('COLOR_BayerBG2RGB', is_flat=True)),
    'bayer_bggr8': Encoding(1, _by_opencv('COLOR_BayerRG2RGB', is_flat=True)),
    'bayer_gbrg8': Encoding(1, _by_opencv('COLOR_BayerGR2RGB', is_flat=True)),
    'bayer_grbg8': Encoding(1, _by_opencv('COLOR_BayerGB2RGB', is_flat=True)),
}
"""Mosaics of which each pixel has one colour."""

ENCODINGS = {
    'rgb8': Encoding(3, lambda pixels: pixels[:, :, :3]),
    'bgr8': Encoding(3, lambda pixels: pixels[:, :, 2::-1]),
    'rgba8': Encoding(4, lambda pixels: pixels[:, :, :3]),
    'bgra8': Encoding(4, lambda pixels: pixels[:, :, 2::-1]),
    'mono8': Encoding(1, _repeated),
    'mono16': Encoding(2, None),
    'yuv422': _UYVY,
    'uyvy': _UYVY,
    'yuv422_yuy2': _YUYV,
    'yuyv': _YUYV,
    'nv12': Encoding(1, _by_opencv('COLOR_YUV2RGB_NV12', is_flat=True), 2, 2),
    'nv21': Encoding(1, _by_opencv('COLOR_YUV2RGB_NV21', is_flat=True), 2, 2),
    **BAYER,
}
"""Every encoding that is read."""

DEPTH = {
    '16UC1': 'depth in millimetres',
    '32FC1': 'depth in metres',
}
"""What others hold that cameras publish; policies see colours or brightness of 8 bits."""
