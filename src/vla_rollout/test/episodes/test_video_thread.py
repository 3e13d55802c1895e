import threading

import av
import numpy as np
import pytest
from vla_rollout.episodes.video import VideoWriter
from vla_rollout.episodes.video_thread import VideoThread

IMAGE = np.zeros((96, 96, 3), np.uint8)


class Film:
    """Takes a frame only when it is let go; may fail at one."""

    def __init__(self, fails_with=None) -> None:
        self.gate, self.began = threading.Event(), threading.Event()
        self.frames = []
        self.fails_with = fails_with

    def write(self, image) -> None:
        self.began.set()
        self.gate.wait(60)
        if self.fails_with is not None:
            raise self.fails_with
        self.frames.append((threading.current_thread().name, int(image[0, 0, 0])))


def test_who_writes_does_not_wait_and_frames_keep_their_order():
    film, lost = Film(), []
    thread = VideoThread(film, lost.append)
    for k in range(20):
        thread.write(np.full((2, 2, 3), k, np.uint8))
    assert film.frames == []
    film.gate.set()
    thread.close()
    assert film.frames == [('video', k) for k in range(20)]
    assert lost == []


def test_frames_that_a_slow_encoder_cannot_take_are_dropped_and_counted():
    film, lost = Film(), []
    thread = VideoThread(film, lost.append, most_frames=3)
    thread.write(IMAGE)
    assert film.began.wait(60)
    for _ in range(10):
        thread.write(IMAGE)
    film.gate.set()
    thread.close()
    assert len(film.frames) == 4
    assert lost == ['3 frames wait for the video encoder; more are dropped'] * 7


@pytest.mark.parametrize('error', [ValueError('no such pixels'), SystemExit('gone')])
def test_a_dead_encoder_is_said_for_every_frame_and_ends_nothing_else(error):
    film, lost = Film(error), []
    film.gate.set()
    thread = VideoThread(film, lost.append, most_frames=100)
    for _ in range(50):
        thread.write(IMAGE)
    thread.close()
    assert lost == [f'the video ended early: {type(error).__name__}: {error}'] * 50


def test_a_full_disk_is_raised_where_the_frames_come_from(tmp_path):
    path, lost = tmp_path / 'x.mp4', threading.Event()
    path.symlink_to('/dev/full')
    with VideoWriter(path, fps=15) as video:
        thread = VideoThread(video, lambda reason: lost.set())
        noise = np.random.default_rng(0).integers(0, 256, IMAGE.shape, np.uint8)
        thread.write(noise)
        assert lost.wait(60)
        with pytest.raises(OSError, match='No space left on device'):
            thread.write(noise)
        thread.close()


def test_a_video_whose_encoder_died_is_closed_as_it_is(tmp_path):
    path, lost = tmp_path / 'x.mp4', []
    with VideoWriter(path, fps=15) as video:
        thread = VideoThread(video, lost.append)
        thread.write(IMAGE)
        thread.write(np.zeros((96, 96), np.uint8))
        thread.close()
    assert len(lost) == 1
    with av.open(str(path)) as container:
        assert len(list(container.decode(video=0))) == 1
