"""Encodes a video in a thread of its own, so that who receives frames never waits for it."""

from collections.abc import Callable
import queue
import threading

from vla_contract.values import Image
from vla_rollout.episodes.video import VideoWriter

# A second of a camera at 30 Hz: the encoder takes 1 to 5 ms for a frame of 640x480, which holds
# 0.9 MB until then.
_MOST_FRAMES = 32


class VideoThread:
    """Passes frames on to a video in their order; what it cannot take is reported, one by one."""

    def __init__(
        self,
        video: VideoWriter,
        on_loss: Callable[[str], None],
        most_frames: int = _MOST_FRAMES,
    ) -> None:
        """Start the thread.

        Args:
            video: used by the thread alone until `close`.
            on_loss: called with the reason for every frame that is not in the video, in the
                thread that knows it.
            most_frames: how many may wait for the encoder; more are dropped.
        """
        self._video = video
        self._on_loss = on_loss
        self._frames: queue.Queue[Image | None] = queue.Queue(most_frames)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name='video', daemon=True)
        self._thread.start()

    def write(self, image: Image) -> None:
        """Pass a frame on, or drop it; never waits.

        Raises:
            OSError: the disk is full or gone.
        """
        if isinstance(self._error, OSError):
            raise self._error
        try:
            self._frames.put_nowait(image)
        except queue.Full:
            most = self._frames.maxsize
            self._on_loss(f'{most} frames wait for the video encoder; more are dropped')

    def close(self) -> None:
        """Encode what waits, and end the thread."""
        self._frames.put(None)
        self._thread.join()

    def _run(self) -> None:
        """Encode; after an error only take, so that nobody waits for a place in the queue."""
        while (image := self._frames.get()) is not None:
            try:
                if self._error is None:
                    self._video.write(image)
            except BaseException as error:  # noqa: BLE001 - remembered: every frame is reported
                self._error = error
            if self._error is not None:
                kind = type(self._error).__name__
                self._on_loss(f'the video ended early: {kind}: {self._error}')
