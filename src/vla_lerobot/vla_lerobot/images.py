"""Fit a camera image to what a policy expects: one code path for data, simulation and live."""

from collections.abc import Sequence

import cv2
import numpy as np
from vla_contract.deployment.cell import Camera
from vla_contract.deployment.policy_file import PolicyCamera
from vla_contract.errors import ContractError
from vla_contract.values import Image

_FLIPPED = {'horizontal': 1, 'vertical': 0}
"""Axis of (H, W, 3) along which each way of mirroring goes."""


def fit_for_policy(image: Image, camera: PolicyCamera) -> Image:
    """Turn, mirror and resize an image by the camera's rules.

    `crop` cuts the largest centred window of the policy's aspect ratio; `letterbox` keeps the
    whole image and pads with black; `stretch` ignores the aspect ratio. Shrinking averages over
    the covered area, so that thin objects do not disappear.

    Args:
        image: shape (H, W, 3), uint8 RGB.
        camera: of the policy; gives the rule and the size.

    Returns:
        Array of shape (height, width, 3), uint8, C-contiguous.
    """
    image = _as_the_policy_holds_it(image, camera)
    fitted = _fit(image, camera)
    if not camera.grey:
        return fitted
    return np.repeat(cv2.cvtColor(fitted, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)


def as_captured(image: Image, camera: PolicyCamera) -> Image:
    """Return an image of `fit_for_policy` as the camera holds it, in the size that policies see.

    Fitted again, it is the same image: so a dataset and the wire can stand in for a camera.

    Args:
        image: shape (height, width, 3), uint8.
        camera: of the policy.
    """
    if camera.flip != 'none':
        image = np.flip(image, axis=_FLIPPED[camera.flip])
    if camera.rotate:
        image = np.rot90(image, camera.rotate // 90)
    return np.ascontiguousarray(image)


def feature_of_each_camera(cameras: Sequence[PolicyCamera]) -> dict[str, PolicyCamera]:
    """Return, by camera of the cell, the feature from which its image is read back.

    Of several features of one camera it is the largest that has colours.

    Raises:
        ContractError: they are fitted by different rules, so that none holds what another shows.
    """
    chosen: dict[str, PolicyCamera] = {}
    for seen in sorted(cameras, key=lambda c: (c.grey, -c.width * c.height)):
        first = chosen.setdefault(seen.camera, seen)
        if _rule(first) != _rule(seen):
            raise ContractError(
                f'camera {seen.camera}: found {first.feature} with {first.resize} to '
                f'{first.width} x {first.height} and {seen.feature} with {seen.resize} to '
                f'{seen.width} x {seen.height}; allowed, where images of a dataset stand in for '
                'the camera: one rule and one aspect ratio'
            )
    return chosen


def _rule(camera: PolicyCamera) -> tuple[str, float]:
    width, height = camera.width, camera.height
    return camera.resize, height / width if camera.rotate % 180 else width / height


def _as_the_policy_holds_it(image: Image, camera: PolicyCamera) -> Image:
    """Return the image turned clockwise, then mirrored."""
    if camera.rotate:
        image = np.rot90(image, -(camera.rotate // 90))
    if camera.flip != 'none':
        image = np.flip(image, axis=_FLIPPED[camera.flip])
    return image


def _fit(image: Image, camera: PolicyCamera) -> Image:
    width, height = camera.width, camera.height
    if camera.resize == 'crop':
        image = _centre_crop(image, width / height)
    if camera.resize != 'letterbox':
        return _resize(image, width, height)
    scale = min(width / image.shape[1], height / image.shape[0])
    inner = _resize(image, round(image.shape[1] * scale), round(image.shape[0] * scale))
    canvas = np.zeros((height, width, 3), dtype=np.uint8)
    top, left = (height - inner.shape[0]) // 2, (width - inner.shape[1]) // 2
    canvas[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return canvas


def require_size(camera: Camera, image: Image) -> None:
    """Verify that an image, shape (H, W, 3), has the size of its camera in the cell.

    Raises:
        ContractError: it has another.
    """
    if image.shape[:2] != (camera.height, camera.width):
        found = f'{image.shape[1]} x {image.shape[0]}'
        raise ContractError(
            f'image of camera {camera.name}: found {found}; allowed: '
            f'{camera.width} x {camera.height}'
        )


def _centre_crop(image: Image, aspect: float) -> Image:
    height, width = image.shape[:2]
    new_width, new_height = min(width, round(height * aspect)), min(height, round(width / aspect))
    left, top = (width - new_width) // 2, (height - new_height) // 2
    return image[top : top + new_height, left : left + new_width]


def _resize(image: Image, width: int, height: int) -> Image:
    if image.shape[:2] == (height, width):
        return np.ascontiguousarray(image)
    shrinks = width < image.shape[1]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(image, (width, height), interpolation=interpolation)
    return np.asarray(resized, dtype=np.uint8)
