"""What a video codec does to images, without a file."""

import io

import av
import numpy as np


def through_codec(images: np.ndarray, rate_hz: int = 10) -> np.ndarray:
    """Encode images, shape (T, H, W, 3), as LeRobot does by default, and decode them again."""
    memory = io.BytesIO()
    with av.open(memory, 'w', format='mp4') as output:
        options = {'g': '2', 'crf': '30', 'preset': '12'}
        stream = output.add_stream('libsvtav1', rate_hz, options=options)
        stream.pix_fmt, stream.height, stream.width = 'yuv420p', *images.shape[1:3]
        for image in images:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format='rgb24')
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    memory.seek(0)
    with av.open(memory) as source:
        return np.stack([frame.to_ndarray(format='rgb24') for frame in source.decode(video=0)])
