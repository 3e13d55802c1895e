"""Fit a camera image to what a policy expects: one code path for data, simulation and live."""

import cv2
import numpy as np
from vla_contract.deployment.cell import Camera
from vla_contract.deployment.policy_file import PolicyCamera
from vla_contract.errors import ContractError
from vla_contract.values import Image


def fit_for_policy(image: Image, camera: PolicyCamera) -> Image:
    """Resize an image by the camera's rule.

    `crop` cuts the largest centred window of the policy's aspect ratio; `letterbox` keeps the
    whole image and pads with black; `stretch` ignores the aspect ratio. Shrinking averages over
    the covered area, so that thin objects do not disappear.

    Args:
        image: shape (H, W, 3), uint8 RGB.
        camera: of the policy; gives the rule and the size.

    Returns:
        Array of shape (height, width, 3), uint8, C-contiguous.
    """
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
