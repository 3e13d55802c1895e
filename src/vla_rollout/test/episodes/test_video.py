import av
import numpy as np
import pytest
from vla_rollout.episodes.video import VideoWriter


def test_a_video_is_h264_that_a_browser_plays(tmp_path):
    path = tmp_path / 'videos' / 'x.mp4'
    with VideoWriter(path, fps=15) as video:
        for k in range(20):
            video.write(np.full((97, 96, 3), 10 * k, np.uint8))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ('h264', 'yuv420p')
        assert (stream.width, stream.height, stream.average_rate) == (96, 96, 15)
        frames = [frame.to_ndarray(format='rgb24') for frame in container.decode(stream)]
    assert len(frames) == 20
    assert abs(float(frames[10].mean()) - 100) < 4
    # The index stands in front, so that playing starts before the download ends.
    assert path.read_bytes().index(b'moov') < path.read_bytes().index(b'mdat')


def test_an_episode_without_frames_leaves_no_broken_file(tmp_path):
    with VideoWriter(tmp_path / 'x.mp4', fps=15):
        pass
    assert not (tmp_path / 'x.mp4').exists()


def test_a_full_disk_is_said_once_and_frames_after_it_are_dropped(tmp_path):
    path = tmp_path / 'x.mp4'
    path.symlink_to('/dev/full')
    frame = np.zeros((96, 96, 3), np.uint8)
    with VideoWriter(path, fps=15) as video:
        with pytest.raises(OSError, match='No space left on device'):
            video.write(frame)
        video.write(frame)
        video.write(frame)


def test_what_ended_a_video_is_told_before_that_its_end_cannot_be_written(tmp_path):
    path = tmp_path / 'x.mp4'
    path.symlink_to('/dev/full')
    with pytest.raises(KeyError), VideoWriter(path, fps=15):
        raise KeyError
