"""Images out of messages, of rclpy or of a recording; views of the message where they can be."""

from typing import Any

import cv2
import numpy as np
from vla_contract.cameras.encodings import BAYER, DEPTH, ENCODINGS
from vla_contract.errors import ContractError
from vla_contract.values import Image

_MONO16 = 'mono16'


def raw_image(msg: Any) -> Image:
    """Return the RGB image of a sensor_msgs/Image, shape (H, W, 3), uint8.

    Raises:
        ContractError: the encoding is none of ENCODINGS, or cannot have this size, or the data is
            shorter than its rows.
    """
    frame, width, height = msg.header.frame_id, msg.width, msg.height
    encoding = ENCODINGS.get(msg.encoding)
    if encoding is None:
        raise _refused(frame, msg.encoding)
    if width % encoding.width_of or height % encoding.height_of:
        even = 'even numbers' if encoding.height_of > 1 else 'an even width'
        raise ContractError(
            f'image of {frame}: found {width} x {height} {msg.encoding}; allowed: {even}'
        )
    rows, row_bytes = encoding.rows(height), width * encoding.pixel_bytes
    if len(msg.data) < rows * msg.step or msg.step < row_bytes:
        raise ContractError(
            f'image of {frame}: found {len(msg.data)} bytes for {width} x '
            f'{height} {msg.encoding} with step {msg.step}'
        )
    data = np.frombuffer(msg.data, np.uint8, rows * msg.step).reshape(rows, msg.step)
    pixels = data[:, :row_bytes].reshape(rows, width, encoding.pixel_bytes)
    return encoding.rgb_of(pixels, bool(msg.is_bigendian))


def compressed_image(msg: Any) -> Image:
    """Return the RGB image of a sensor_msgs/CompressedImage, shape (H, W, 3), uint8.

    image_transport writes the encoding of the raw image before a ';'. It converts to bgr8 or
    mono8, but a PNG of what has no colours keeps its mosaic or its 16 bits.

    Raises:
        ContractError: the data is neither JPEG nor PNG, or it is depth.
    """
    raw = msg.format.partition(';')[0].strip()
    if raw in DEPTH:
        raise _refused(msg.header.frame_id, raw)
    is_as_it_was = 'png' in msg.format and (raw in BAYER or raw == _MONO16)
    data = np.frombuffer(msg.data, np.uint8)
    how = cv2.IMREAD_UNCHANGED if is_as_it_was else cv2.IMREAD_COLOR
    pixels = cv2.imdecode(data, how) if data.size else None
    if pixels is None:
        raise ContractError(
            f"image of {msg.header.frame_id}: found {data.size} bytes of format '{msg.format}' "
            'that cannot be decoded; allowed: jpeg, png'
        )
    if is_as_it_was and pixels.ndim == 2:
        encoding = ENCODINGS[raw]
        numbers = pixels.astype('<u2' if raw == _MONO16 else np.uint8, copy=False)
        stored = numbers.view(np.uint8).reshape(*pixels.shape, encoding.pixel_bytes)
        return encoding.rgb_of(stored, is_bigendian=False)
    return np.asarray(pixels[:, :, 2::-1], dtype=np.uint8)


def _refused(frame: str, encoding: str) -> ContractError:
    what = f', {DEPTH[encoding]}' if encoding in DEPTH else ''
    return ContractError(
        f"image of {frame}: found encoding '{encoding}'{what}; allowed: {', '.join(ENCODINGS)}"
    )
