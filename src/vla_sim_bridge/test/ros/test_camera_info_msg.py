import numpy as np
import pytest

pytest.importorskip('rclpy')

from vla_sim_bridge.cameras.camera_info import Intrinsics
from vla_sim_bridge.cameras.placed_camera import place_cameras, PlacedCamera
from vla_sim_bridge.ros.camera_info_msg import camera_info_msg


def test_a_plain_camera_says_its_nominal_lens(cell):
    msg = camera_info_msg(place_cameras(cell)['top'])
    assert (msg.width, msg.height) == (384, 384)
    assert msg.header.frame_id == 'camera_color_optical_frame'
    assert msg.distortion_model == 'plumb_bob'
    assert list(msg.d) == [0.0] * 5
    assert msg.k[0] == pytest.approx(192.0 / np.tan(np.radians(15.0)))
    assert (msg.k[2], msg.k[5]) == (191.5, 191.5)


def test_a_calibrated_camera_says_the_lens_it_delivers(cell):
    lens = Intrinsics(600.0, 590.0, 200.0, 180.0)
    distortion = (0.02, -0.01, 0.003, 0.0)
    placed = PlacedCamera(
        cell.camera('top'), 'panda_link0', np.eye(4), lens, 'equidistant', distortion
    )
    msg = camera_info_msg(placed)
    assert msg.distortion_model == 'equidistant'
    assert tuple(msg.d) == distortion
    assert msg.k.tolist() == [600.0, 0.0, 200.0, 0.0, 590.0, 180.0, 0.0, 0.0, 1.0]
    assert msg.p.tolist()[:3] == [600.0, 0.0, 200.0]
