"""Writes in a thread of its own, so that a slow disk never delays who receives messages."""

from collections.abc import Callable
from concurrent.futures import Future
import queue
import threading

from vla_contract.errors import VlaError
from vla_rollout.recording.episode_recorder import EpisodeRecorder
from vla_rollout.recording.record import Record

Task = Callable[[], object]


class RecorderThread:
    """Hands records and orders to a recorder in the order in which they come.

    Records that the disk cannot keep up with are dropped and counted. An exception that the
    recorder does not know ends the recording, not the thread: every order that waits or comes
    later is answered with it.

    Attributes:
        dropped: records that were not passed on.
        failure: what ended the recording, '' while nothing has.
    """

    def __init__(
        self, recorder: EpisodeRecorder, most_bytes: int, on_error: Callable[[str], object]
    ) -> None:
        """Start the thread.

        Args:
            recorder: used by this thread alone from now on.
            most_bytes: records waiting for the disk; more are dropped.
            on_error: called in the thread with what ended the recording.
        """
        self._recorder = recorder
        self._most_bytes = most_bytes
        self._on_error = on_error
        self._waiting_bytes = 0
        self._queue: queue.SimpleQueue[Record | Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self.dropped = 0
        self.failure = ''
        self._thread = threading.Thread(target=self._run, name='recorder', daemon=True)
        self._thread.start()

    def take(self, record: Record) -> None:
        """Pass a record on, or drop it when too much is waiting or all has failed; any thread."""
        with self._lock:
            is_full = self._waiting_bytes + len(record.data) > self._most_bytes
            if is_full or self.failure:
                self.dropped += 1
                return
            self._waiting_bytes += len(record.data)
        self._queue.put(record)

    def call[T](self, order: Callable[[], T]) -> T:
        """Run an order of the recorder after every record before it; return its result.

        Raises:
            VlaError: the order is refused, or the recording has failed; says why.
        """
        future: Future[T] = Future()

        def task() -> None:
            try:
                if self.failure:
                    raise VlaError(self.failure)
                future.set_result(order())
            except VlaError as error:
                future.set_exception(error)
            except BaseException as error:  # noqa: BLE001 - remembered, and told where it was asked
                self._fail(error)
                future.set_exception(VlaError(self.failure))

        self._queue.put(task)
        return future.result()

    def close(self) -> None:
        """Write what waits, leave a running episode unfinished, and end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if isinstance(item, Record):
                self._pass_on(item)
            else:
                item()

    def _pass_on(self, record: Record) -> None:
        try:
            if not self.failure:
                self._recorder.take(record)
        except BaseException as error:  # noqa: BLE001 - remembered: every order is told
            self._fail(error)
        with self._lock:
            self.dropped += bool(self.failure)
            self._waiting_bytes -= len(record.data)

    def _fail(self, error: BaseException) -> None:
        self.failure = f'recording failed: {type(error).__name__}: {error}; configure again'
        self._on_error(self.failure)
