import av
import numpy as np
from vla_rollout.video import VideoWriter


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
