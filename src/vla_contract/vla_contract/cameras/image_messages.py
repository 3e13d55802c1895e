"""Images out of messages, of rclpy or of a recording, as numpy views.

The cv_bridge of Ubuntu 24.04 is built against numpy 1 while LeRobot needs numpy 2, so the common
encodings never touch it.
"""

from typing import Any

import cv2
import numpy as np
from vla_contract.errors import ContractError
from vla_contract.values import Image

CHANNELS = {'rgb8': 3, 'bgr8': 3, 'rgba8': 4, 'bgra8': 4, 'mono8': 1}
"""Bytes per pixel of the encodings that are read here."""


def raw_image(msg: Any) -> Image:
    """Return the RGB image of a sensor_msgs/Image, shape (H, W, 3), uint8.

    Raises:
        ContractError: the encoding is none of CHANNELS, or the data is shorter than height x step.
    """
    channels = CHANNELS.get(msg.encoding)
    if channels is None:
        raise ContractError(
            f"image of {msg.header.frame_id}: found encoding '{msg.encoding}'; allowed: "
            f'{", ".join(CHANNELS)}'
        )
    if len(msg.data) < msg.height * msg.step or msg.step < msg.width * channels:
        raise ContractError(
            f'image of {msg.header.frame_id}: found {len(msg.data)} bytes for {msg.width} x '
            f'{msg.height} {msg.encoding} with step {msg.step}'
        )
    rows = np.frombuffer(msg.data, np.uint8, msg.height * msg.step).reshape(msg.height, msg.step)
    pixels = rows[:, : msg.width * channels].reshape(msg.height, msg.width, channels)
    if channels == 1:
        return np.repeat(pixels, 3, axis=2)
    return pixels[:, :, 2::-1] if msg.encoding.startswith('bgr') else pixels[:, :, :3]


def compressed_image(msg: Any) -> Image:
    """Return the RGB image of a sensor_msgs/CompressedImage, shape (H, W, 3), uint8.

    Raises:
        ContractError: the data is neither JPEG nor PNG.
    """
    data = np.frombuffer(msg.data, np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if pixels is None:
        raise ContractError(
            f"image of {msg.header.frame_id}: found {data.size} bytes of format '{msg.format}' "
            'that cannot be decoded; allowed: jpeg, png'
        )
    return np.asarray(pixels[:, :, ::-1], dtype=np.uint8)
