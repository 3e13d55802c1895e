"""Writes in a thread of its own, so that a slow disk never delays who receives messages."""

from collections.abc import Callable
from concurrent.futures import Future
import queue
import threading

from vla_rollout.recording.episode_recorder import EpisodeRecorder
from vla_rollout.recording.record import Record

Task = Callable[[], object]


class RecorderThread:
    """Hands records and orders to a recorder in the order in which they come.

    Records that the disk cannot keep up with are dropped and counted.
    """

    def __init__(self, recorder: EpisodeRecorder, most_bytes: int) -> None:
        """Start the thread.

        Args:
            recorder: used by this thread alone from now on.
            most_bytes: records waiting for the disk; more are dropped.
        """
        self._recorder = recorder
        self._most_bytes = most_bytes
        self._waiting_bytes = 0
        self._queue: queue.SimpleQueue[Record | Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name='recorder', daemon=True)
        self._thread.start()

    def take(self, record: Record) -> None:
        """Pass a record on, or drop it when too much is waiting; from any thread."""
        with self._lock:
            if self._waiting_bytes + len(record.data) > self._most_bytes:
                self.dropped += 1
                return
            self._waiting_bytes += len(record.data)
        self._queue.put(record)

    def call[T](self, order: Callable[[], T]) -> T:
        """Run an order of the recorder after every record before it; return its result.

        Raises:
            VlaError: whatever the order raises.
        """
        future: Future[T] = Future()

        def task() -> None:
            try:
                future.set_result(order())
            except Exception as error:  # noqa: BLE001 - raised again where it was asked for
                future.set_exception(error)

        self._queue.put(task)
        return future.result()

    def close(self) -> None:
        """Write what waits, leave a running episode unfinished, and end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if isinstance(item, Record):
                self._recorder.take(item)
                with self._lock:
                    self._waiting_bytes -= len(item.data)
            else:
                item()
