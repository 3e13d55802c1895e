from dataclasses import replace

import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image
from vla_contract.deployment.cell import load_cell
from vla_contract.recordings.events import ImageEvent
from vla_contract.ros.messages.images import camera_msg, image_of, image_type
from vla_contract.ros.messages.live_streams import live_streams

CELL = load_cell('panda_table')
RAW = CELL.cameras[0]
COMPRESSED = replace(RAW, transport='compressed')
PICTURE = np.add.outer(np.arange(64), np.arange(96))[:, :, None].repeat(3, axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ('camera', 'kind', 'end'),
    [(RAW, Image, '/image_raw'), (COMPRESSED, CompressedImage, '/image_raw/compressed')],
)
def test_an_image_comes_as_the_cell_says(camera, kind, end):
    assert camera.image_topic == f'camera/color{end}'
    assert image_type(camera) is kind
    msg = camera_msg(camera, PICTURE, 1_500_000_000)
    assert isinstance(msg, kind)
    assert (msg.header.stamp.sec, msg.header.frame_id) == (1, camera.frame)
    seen = image_of(msg)
    assert seen.shape == PICTURE.shape
    assert np.abs(seen.astype(int) - PICTURE).max() <= (0 if kind is Image else 8)
    cell = replace(CELL, cameras=(camera,))
    streams = live_streams(cell, with_images=True, topics=())
    ((topic, (message_type, decode)),) = streams.items()
    assert (topic, message_type) == (camera.image_topic, kind)
    event = decode(msg)
    assert isinstance(event, ImageEvent)
    assert np.array_equal(event.image, seen)
