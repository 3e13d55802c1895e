"""Write H.264 videos that every browser plays."""

from contextlib import nullcontext, suppress
from fractions import Fraction
from pathlib import Path

import av
from vla_contract.values import Image

# OpenH264 is BSD-licensed; x264, which PyAV carries too, is GPL.
_CODEC = 'libopenh264'


class VideoWriter:
    """Writes RGB frames into an MP4 file: H.264, yuv420p, index in front."""

    def __init__(self, path: Path, fps: float) -> None:
        """Open the file; the first frame sets the size."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fps = Fraction(fps).limit_denominator(1000)
        self._container = av.open(str(path), 'w', options={'movflags': 'faststart'})
        self._stream: av.VideoStream | None = None
        self._is_broken = False

    def __enter__(self) -> 'VideoWriter':
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        # On a full disk the end cannot be written either: what came first is what is told.
        with suppress(OSError) if kind else nullcontext():
            self.close()

    def write(self, image: Image) -> None:
        """Append a frame, shape (H, W, 3), uint8 RGB; odd sizes lose their last row or column.

        Raises:
            OSError: the disk is full or gone; later frames are dropped.
            FFmpegError: the encoder failed; later frames are dropped.
        """
        if self._is_broken:
            return
        height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
        if self._stream is None:
            stream = self._container.add_stream(_CODEC, rate=self._fps)
            stream.width, stream.height = width, height
            stream.pix_fmt = 'yuv420p'
            stream.bit_rate = 1_500_000
            self._stream = stream
        frame = av.VideoFrame.from_ndarray(image[:height, :width], format='rgb24')
        self._mux(frame)

    def close(self) -> None:
        """Flush and close the file."""
        if self._stream is not None and not self._is_broken:
            self._mux(None)
        self._container.close()

    def _mux(self, frame: av.VideoFrame | None) -> None:
        """Encode and write a frame, or what the encoder still holds."""
        if self._stream is None:
            return
        try:
            self._container.mux(self._stream.encode(frame))
        except Exception:
            # What is written after a header that could not be, ends the process.
            self._is_broken = True
            raise
