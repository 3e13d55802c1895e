"""Collects what happens during one episode on a running graph; fed by callbacks."""

from collections.abc import Mapping
import threading

from vla_contract.filter_status import FilterStatus
from vla_contract.values import Image
from vla_policy_server.serving.latency import LatencyWindow
from vla_rollout.episodes.video import VideoWriter
from vla_rollout.episodes.video_thread import VideoThread


class EpisodeMonitor:
    """Thread-safe tally of success, chunk latency, what the filter says and video frames."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._lock = threading.Lock()
        self._success = False
        self._failure = ''
        self._chunks = 0
        self._latency = LatencyWindow(10_000)
        self._status: FilterStatus | None = None
        self._counters: Mapping[str, int] = {}
        self._baseline: Mapping[str, int] = {}
        self._video: VideoThread | None = None
        self._bad_images, self._bad_image = 0, ''

    def begin(self, video: VideoWriter | None) -> None:
        """Forget the last episode; later counters count from here.

        Args:
            video: takes the camera's frames until `end`, in a thread of its own; None films
                nothing.
        """
        self.end()
        with self._lock:
            self._success = False
            self._failure = ''
            self._chunks = 0
            self._bad_images, self._bad_image = 0, ''
            self._latency.clear()
            self._baseline = dict(self._counters)
            self._video = VideoThread(video, self.on_bad_image) if video else None

    def end(self) -> None:
        """Stop taking frames, and wait until those that came are in the video."""
        with self._lock:
            video, self._video = self._video, None
        # Without the lock: what it cannot write is still counted.
        if video is not None:
            video.close()

    def on_success(self, success: bool) -> None:
        """Take the simulator's verdict."""
        with self._lock:
            self._success = success

    def on_failure(self, failure: str) -> None:
        """Take why the simulator sees the task as failed for good; '' while it does not."""
        with self._lock:
            self._failure = failure

    def on_chunk(self, latency_ns: int) -> None:
        """Take the age of a chunk on arrival [ns]."""
        with self._lock:
            self._chunks += 1
            self._latency.add(max(0, latency_ns))

    def on_status(self, status: FilterStatus) -> None:
        """Take what the filter says."""
        with self._lock:
            self._status = status
            if status.verdict is not None:
                self._counters = status.counters

    def forget_status(self) -> None:
        """Wait for the filter to say something anew."""
        with self._lock:
            self._status = None

    def on_bad_image(self, reason: str) -> None:
        """Count a camera frame that could not be filmed; the first reason is kept."""
        with self._lock:
            self._bad_images += 1
            self._bad_image = self._bad_image or reason

    def on_image(self, image: Image) -> None:
        """Take a camera frame; encoded elsewhere, and counted when it cannot be.

        Raises:
            OSError: the disk of the video is full or gone.
        """
        with self._lock:
            video = self._video
        if video is not None:
            video.write(image)

    @property
    def success(self) -> bool:
        """Whether the task is done."""
        with self._lock:
            return self._success

    @property
    def failure(self) -> str:
        """Why the task can no longer be done; '' while it can."""
        with self._lock:
            return self._failure

    @property
    def status(self) -> FilterStatus | None:
        """What the filter said last, None before the first."""
        with self._lock:
            return self._status

    @property
    def bad_images(self) -> int:
        """How many camera frames of this episode could not be filmed."""
        with self._lock:
            return self._bad_images

    @property
    def bad_image(self) -> str:
        """Why the first of them could not, '' while all could."""
        with self._lock:
            return self._bad_image

    @property
    def chunks(self) -> int:
        """How many chunks arrived in this episode."""
        with self._lock:
            return self._chunks

    def latency_ms(self, percent: float) -> float | None:
        """Return a percentile of the chunk latency [ms], None without chunks."""
        with self._lock:
            return self._latency.percentile_ms(percent)

    def counters(self) -> dict[str, int]:
        """Return the filter's counters of this episode."""
        with self._lock:
            # A filter that was restarted counts from zero again.
            return {
                name: value - self._baseline.get(name, 0)
                if value >= self._baseline.get(name, 0)
                else value
                for name, value in self._counters.items()
            }
