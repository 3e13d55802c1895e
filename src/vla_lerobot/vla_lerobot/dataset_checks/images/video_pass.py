"""Decode a video file once, from its first frame to its last."""

from collections.abc import Iterator
from pathlib import Path

import av
import av.logging
import numpy as np
from vla_contract.values import Image


class DamagedVideoError(Exception):
    """A video file cannot be opened."""


def decoded_frames(path: Path) -> Iterator[tuple[float, Image]]:
    """Yield time [s] and image, shape (H, W, 3), of every frame that can be decoded.

    A damaged packet costs the frames that depend on it; what follows the next key frame comes
    again. One pass costs far less than LeRobot's random access frame by frame.

    Raises:
        DamagedVideoError: nothing can be read of the file.
    """
    try:
        # What decoders print of damaged data is said by the check, with its frame.
        with av.logging.Capture(local=False), av.open(str(path)) as container:
            if not container.streams.video:
                raise DamagedVideoError(f'{path.name} has no video stream')
            stream = container.streams.video[0]
            for packet in container.demux(stream):
                for frame in _decoded(packet):
                    if frame.pts is not None and not frame.is_corrupt:
                        time_s = float(frame.pts * stream.time_base)
                        yield time_s, np.asarray(frame.to_ndarray(format='rgb24'))
    except (av.error.FFmpegError, OSError) as error:
        raise DamagedVideoError(f'{path.name}: {error}') from error


def _decoded(packet: av.Packet) -> list[av.VideoFrame]:
    try:
        return list(packet.decode())
    except av.error.FFmpegError:
        return []
