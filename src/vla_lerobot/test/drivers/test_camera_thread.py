import queue
import time

import numpy as np
import pytest
from vla_lerobot.drivers.camera_thread import CameraThread
from vla_lerobot.drivers.errors import DriverError

FRAME = np.zeros((4, 6, 3), np.uint8)


class FakeCamera:
    """LeRobot's interface of a camera, with frames from a queue."""

    def __init__(self, frames=()):
        self.frames, self.is_connected, self.latest_timestamp = queue.Queue(), False, None
        for frame in frames:
            self.frames.put(frame)

    def connect(self):
        self.is_connected = True

    def disconnect(self):
        self.is_connected = False

    def async_read(self, timeout_ms):
        try:
            frame = self.frames.get(timeout=timeout_ms / 1000.0)
        except queue.Empty:
            raise TimeoutError('no frame') from None
        if isinstance(frame, Exception):
            raise frame
        self.latest_timestamp = time.perf_counter() - 0.02
        return frame


def test_a_frame_is_stamped_with_the_time_at_which_lerobot_got_it():
    seen: queue.Queue = queue.Queue()
    camera = FakeCamera([FRAME])
    now_ns = 1_000_000_000
    thread = CameraThread('top', camera, lambda: now_ns, lambda *frame: seen.put(frame))
    name, stamp_ns, image = seen.get(timeout=20.0)
    thread.close()
    assert (name, image.shape) == ('top', FRAME.shape)
    assert now_ns - 2_000_000_000 < stamp_ns <= now_ns - 20_000_000
    assert not camera.is_connected


def test_after_an_error_frames_go_on():
    seen: queue.Queue = queue.Queue()
    camera = FakeCamera([RuntimeError('read thread is not running'), FRAME])
    thread = CameraThread('top', camera, time.time_ns, lambda *frame: seen.put(frame))
    seen.get(timeout=20.0)
    thread.close()


def test_a_camera_that_does_not_open_is_named():
    camera = FakeCamera()

    def fail():
        raise ConnectionError('Failed to open OpenCVCamera(9)')

    camera.connect = fail
    with pytest.raises(DriverError, match='camera top: Failed to open'):
        CameraThread('top', camera, time.time_ns, lambda *frame: None)
