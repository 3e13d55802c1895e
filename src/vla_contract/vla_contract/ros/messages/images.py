"""Images to messages and back."""

from array import array

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image as ImageMsg
from vla_contract.cameras.image_messages import compressed_image, raw_image
from vla_contract.deployment.cell import Camera
from vla_contract.ros.messages.stamps import to_time
from vla_contract.values import Image

type ImageMessage = ImageMsg | CompressedImage
JPEG_QUALITY = 95


def image_type(camera: Camera) -> type[ImageMsg] | type[CompressedImage]:
    """Return the message class of a camera's `image_topic`."""
    return CompressedImage if camera.is_compressed else ImageMsg


def image_of(msg: ImageMessage) -> Image:
    """Return the RGB image of a raw or compressed message, shape (H, W, 3), uint8.

    Raises:
        ContractError: as `image_from_msg` and `compressed_image`.
    """
    return compressed_image(msg) if isinstance(msg, CompressedImage) else image_from_msg(msg)


def camera_msg(camera: Camera, image: Image, stamp_ns: int) -> ImageMessage:
    """Return a message for a camera's `image_topic`, rgb8 or JPEG.

    Args:
        camera: whose image.
        image: RGB, shape (H, W, 3), uint8.
        stamp_ns: when it was taken [ns].
    """
    if not camera.is_compressed:
        return image_to_msg(image, stamp_ns, camera.frame)
    bgr = np.ascontiguousarray(image[:, :, ::-1])
    _, data = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    msg = CompressedImage(format='jpeg')
    msg.header.stamp = to_time(stamp_ns)
    msg.header.frame_id = camera.frame
    msg.data = array('B', data.tobytes())
    return msg


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
        ContractError: as `raw_image`.
    """
    return raw_image(msg)
