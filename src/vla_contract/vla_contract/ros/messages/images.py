"""Images to messages and back, as numpy views; cv_bridge only for encodings without one.

The cv_bridge of Ubuntu 24.04 is built against numpy 1 while LeRobot needs numpy 2, so the common
encodings never touch it.
"""

from array import array

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image as ImageMsg
from vla_contract.errors import ContractError
from vla_contract.ros.messages.stamps import to_time
from vla_contract.values import Image

_CHANNELS = {'rgb8': 3, 'bgr8': 3, 'rgba8': 4, 'bgra8': 4, 'mono8': 1}


def image_to_msg(image: Image, stamp_ns: int, frame: str) -> ImageMsg:
    """Return an rgb8 message of an RGB image, shape (H, W, 3), uint8."""
    height, width = image.shape[:2]
    msg = ImageMsg(height=height, width=width, encoding='rgb8', step=3 * width)
    msg.header.stamp = to_time(stamp_ns)
    msg.header.frame_id = frame
    # An array of type 'B' is taken as it is; bytes would be checked one by one.
    msg.data = array('B', np.ascontiguousarray(image).tobytes())
    return msg


def image_from_msg(msg: ImageMsg) -> Image:
    """Return an RGB image, shape (H, W, 3), uint8.

    Raises:
        ContractError: the encoding is unknown here and cv_bridge is not installed, or the data
            is shorter than height x step.
    """
    channels = _CHANNELS.get(msg.encoding)
    if channels is None:
        return _with_cv_bridge(msg)
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


def decode_msg(msg: CompressedImage) -> Image:
    """Return the RGB image of a compressed message (JPEG, PNG), shape (H, W, 3), uint8.

    Raises:
        ContractError: the data is no such image.
    """
    data = np.frombuffer(msg.data, np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if pixels is None:
        raise ContractError(
            f"image of {msg.header.frame_id}: found {data.size} bytes of format '{msg.format}' "
            'that cannot be decoded; allowed: jpeg, png'
        )
    return np.asarray(pixels[:, :, ::-1], dtype=np.uint8)


def _with_cv_bridge(msg: ImageMsg) -> Image:
    try:
        from cv_bridge import CvBridge, CvBridgeError
    except ImportError:
        raise ContractError(
            f"image of {msg.header.frame_id}: found encoding '{msg.encoding}'; allowed without "
            f'cv_bridge: {", ".join(_CHANNELS)}'
        ) from None
    try:
        return np.asarray(CvBridge().imgmsg_to_cv2(msg, 'rgb8'), dtype=np.uint8)
    except (CvBridgeError, cv2.error, TypeError, ValueError) as error:
        raise ContractError(f'image of {msg.header.frame_id}: {error}') from error
