from array import array

import numpy as np
import pytest
from sensor_msgs.msg import Image
from vla_contract.errors import ContractError
from vla_contract.ros.messages.images import image_from_msg, image_to_msg

PICTURE = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)


def test_an_image_round_trips_with_its_stamp():
    msg = image_to_msg(PICTURE, 2_000_000_003, 'optical')
    assert (msg.header.stamp.sec, msg.header.stamp.nanosec) == (2, 3)
    assert np.array_equal(image_from_msg(msg), PICTURE)


def test_bgr_becomes_rgb():
    msg = image_to_msg(PICTURE[:, :, ::-1], 0, 'optical')
    msg.encoding = 'bgr8'
    assert np.array_equal(image_from_msg(msg), PICTURE)


def test_padding_at_the_end_of_rows_is_dropped():
    padded = np.zeros((4, 20), np.uint8)
    padded[:, :15] = PICTURE.reshape(4, 15)
    msg = Image(height=4, width=5, step=20, encoding='rgb8', data=array('B', padded.tobytes()))
    assert np.array_equal(image_from_msg(msg), PICTURE)


def test_short_data_is_one_sentence():
    msg = image_to_msg(PICTURE, 0, 'optical')
    msg.data = msg.data[:-1]
    with pytest.raises(ContractError, match='found 59 bytes for 5 x 4 rgb8'):
        image_from_msg(msg)


def test_video_of_a_usb_camera_becomes_rgb():
    grey = np.array([[50, 128, 50, 128]] * 2, np.uint8)
    msg = Image(height=2, width=2, step=4, encoding='yuv422_yuy2')
    msg.data = array('B', grey.tobytes())
    # ITU-R BT.601: brightness runs from 16 to 235.
    assert np.abs(image_from_msg(msg).astype(int) - round((50 - 16) * 255 / 219)).max() <= 1


def test_an_unknown_encoding_lists_what_is_allowed():
    msg = image_to_msg(PICTURE, 0, 'optical')
    msg.encoding = 'bayer_rggb16'
    with pytest.raises(ContractError, match='rgb8'):
        image_from_msg(msg)
