"""Images to messages, and back with cv_bridge for the encodings that need it."""

from array import array

import cv2
import numpy as np
from sensor_msgs.msg import Image as ImageMsg
from vla_contract.cameras.image_messages import CHANNELS, compressed_image, raw_image
from vla_contract.errors import ContractError
from vla_contract.ros.messages.stamps import to_time
from vla_contract.values import Image

decode_msg = compressed_image


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
    return raw_image(msg) if msg.encoding in CHANNELS else _with_cv_bridge(msg)


def _with_cv_bridge(msg: ImageMsg) -> Image:
    try:
        from cv_bridge import CvBridge, CvBridgeError
    except ImportError:
        raise ContractError(
            f"image of {msg.header.frame_id}: found encoding '{msg.encoding}'; allowed without "
            f'cv_bridge: {", ".join(CHANNELS)}'
        ) from None
    try:
        return np.asarray(CvBridge().imgmsg_to_cv2(msg, 'rgb8'), dtype=np.uint8)
    except (CvBridgeError, cv2.error, TypeError, ValueError) as error:
        raise ContractError(f'image of {msg.header.frame_id}: {error}') from error
