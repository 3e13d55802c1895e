"""What a camera does to light after the lens: exposure, colour, noise, blur, compression."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from vla_contract.values import Image, Vector

# Luma of ITU-R BT.601, as OpenCV and JPEG use it.
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
# Fresh normal noise costs 15 ms per image, a window of a pool drawn once less than one.
_POOL_SIDE = 1024
# Of the transfer function of sRGB, nearly: levels are that root of the light.
_GAMMA = 2.2


@dataclass
class ImageSettings:
    """One episode's settings; the defaults change nothing.

    Attributes:
        brightness: factor on all values.
        contrast: factor around the middle grey of 128.
        saturation: factor on the distance from grey.
        exposure_ev: exposure [EV]: each stop doubles the light; what is too bright stays white.
        noise_std: standard deviation of the noise, as a share of full scale.
        pattern_std: the same of noise that all images of an episode share, as a sensor's pixels
            differ from each other.
        blur_px: length of motion blur along the rows [px].
        jpeg_quality: 1 to 100, or 0 for no compression.
        distortion: radial distortion k1 of the lens, for a focal length of one image height.
        noise_seed: where in the pool of noise an episode begins.
    """

    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    exposure_ev: float = 0.0
    noise_std: float = 0.0
    pattern_std: float = 0.0
    blur_px: float = 0.0
    jpeg_quality: int = 0
    distortion: float = 0.0
    noise_seed: int = 0


class ImageEffects:
    """Applies settings to images; the same settings, frame and image give the same pixels."""

    def __init__(self, settings: ImageSettings) -> None:
        """Prepare tables and noise for an episode."""
        self._settings = settings
        levels: Vector = np.arange(256, dtype=np.float64)
        if settings.exposure_ev != 0.0:
            levels = _exposed(levels, settings.exposure_ev)
        levels = ((levels - 128.0) * settings.contrast + 128.0) * settings.brightness
        self._table = np.clip(np.round(levels), 0, 255).astype(np.uint8)
        self._maps: dict[tuple[int, int], tuple[Vector, Vector]] = {}
        self._pool: NDArray[np.int16] | None = None
        self._patterns: dict[tuple[int, int], NDArray[np.int16]] = {}

    def apply(self, image: Image, frame: int) -> Image:
        """Return the image as the sensor delivers it.

        Args:
            image: shape (H, W, 3), RGB.
            frame: number of the frame in the episode, which moves the noise.
        """
        s = self._settings
        if s.distortion != 0.0:
            image = self._distorted(image)
        if s.blur_px >= 1.0:
            image = _blurred(image, s.blur_px)
        if s.brightness != 1.0 or s.contrast != 1.0 or s.exposure_ev != 0.0:
            image = cv2.LUT(image, self._table)
        if s.saturation != 1.0:
            image = _saturated(image, s.saturation)
        if s.pattern_std > 0.0:
            image = _added(image, self._pattern((image.shape[0], image.shape[1])))
        if s.noise_std > 0.0:
            image = _added(image, self._noise((image.shape[0], image.shape[1]), frame))
        if s.jpeg_quality > 0:
            image = _compressed(image, s.jpeg_quality)
        return image

    def _distorted(self, image: Image) -> Image:
        size = (image.shape[0], image.shape[1])
        if size not in self._maps:
            self._maps[size] = _distortion_maps(size, self._settings.distortion)
        x, y = self._maps[size]
        return np.asarray(
            cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        )

    def _noise(self, size: tuple[int, int], frame: int) -> NDArray[np.int16]:
        """Return a window of the pool, at a place that depends on the frame alone."""
        if self._pool is None:
            rng = np.random.default_rng(self._settings.noise_seed)
            self._pool = _normal(rng, (_POOL_SIDE, _POOL_SIDE), self._settings.noise_std)
        height, width = size
        rows = (np.arange(height) + 7919 * frame) % _POOL_SIDE
        start = (104_729 * frame) % _POOL_SIDE
        columns = (np.arange(width) + start) % _POOL_SIDE
        window: NDArray[np.int16] = self._pool[rows][:, columns]
        return window

    def _pattern(self, size: tuple[int, int]) -> NDArray[np.int16]:
        if size not in self._patterns:
            rng = np.random.default_rng([self._settings.noise_seed, 1])
            self._patterns[size] = _normal(rng, size, self._settings.pattern_std)
        return self._patterns[size]


def _normal(rng: np.random.Generator, size: tuple[int, int], std: float) -> NDArray[np.int16]:
    """Draw noise of a share of full scale for three channels."""
    drawn = rng.standard_normal((*size, 3), dtype=np.float32)
    noise: NDArray[np.int16] = np.round(drawn * (255.0 * std)).astype(np.int16)
    return noise


def _added(image: Image, noise: NDArray[np.int16]) -> Image:
    noisy: Image = np.clip(image.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    return noisy


def _exposed(levels: Vector, stops: float) -> Vector:
    """Return what levels become when the sensor gets 2^stops times the light."""
    light = np.minimum((levels / 255.0) ** _GAMMA * 2.0**stops, 1.0)
    exposed: Vector = 255.0 * light ** (1.0 / _GAMMA)
    return exposed


def _distortion_maps(size: tuple[int, int], k1: float) -> tuple[Vector, Vector]:
    """Return where each pixel of the distorted image lies in the ideal one."""
    height, width = size
    focal = float(height)
    camera = np.array(
        [[focal, 0.0, (width - 1) / 2], [0.0, focal, (height - 1) / 2], [0.0, 0.0, 1.0]]
    )
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    pixels = np.stack([x.ravel(), y.ravel()], axis=1).reshape(-1, 1, 2)
    ideal = cv2.undistortPoints(pixels, camera, np.array([k1, 0.0, 0.0, 0.0]), P=camera)
    maps = ideal.reshape(height, width, 2).astype(np.float32)
    return maps[..., 0], maps[..., 1]


def _blurred(image: Image, length_px: float) -> Image:
    """Average along the rows, the ends weighted by what remains of the length."""
    half = int((length_px - 1.0) // 2)
    rest = (length_px - 1.0) / 2 - half
    kernel = np.concatenate([[rest], np.ones(2 * half + 1), [rest]]).astype(np.float32)
    kernel /= kernel.sum()
    return np.asarray(cv2.filter2D(image, -1, kernel[None], borderType=cv2.BORDER_REPLICATE))


def _saturated(image: Image, factor: float) -> Image:
    """Mix with grey as one matrix on RGB: factor I + (1 - factor) luma."""
    matrix = factor * np.eye(3, dtype=np.float32) + (1.0 - factor) * np.tile(_LUMA, (3, 1))
    return np.asarray(cv2.transform(image, matrix.astype(np.float32)))


def _compressed(image: Image, quality: int) -> Image:
    _, data = cv2.imencode('.jpg', image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return np.ascontiguousarray(decoded[..., ::-1])
