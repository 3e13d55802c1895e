"""Takes every message, and writes those of an episode while it runs."""

from collections.abc import Callable, Mapping
from pathlib import Path
import shutil

from vla_contract.errors import VlaError
from vla_rollout.recording.mcap_file import McapFile
from vla_rollout.recording.record import Record, Topic
from vla_rollout.recording.ring_buffer import RingBuffer

# Checked this often; a camera at 30 Hz fills 28 MB between two looks.
_LOOK_EVERY_BYTES = 32 * 1024 * 1024
# Static transforms come once from every publisher, and again when it has a new one.
_MOST_SHARED = 100


class EpisodeRecorder:
    """One file per episode, a buffer of the last seconds, and never an exception from `take`.

    A disk that fills up ends the recording, is said, and is nobody else's business: what moves
    the robot runs in other processes. For one thread; `RecorderThread` is that thread.
    """

    def __init__(
        self,
        folder: Path,
        topics: list[Topic],
        buffer: RingBuffer,
        compression: str = 'none',
        keep_free_bytes: int = 0,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        """Prepare to record into a folder.

        Args:
            folder: where episodes go; made when missing.
            topics: what is recorded.
            buffer: keeps the last seconds.
            compression: of the files, see `McapFile`.
            keep_free_bytes: recording ends when less is left on the disk.
            free_bytes: how much is left.

        Raises:
            VlaError: the folder cannot be made.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise VlaError(f'cannot record into {folder}: {error.strerror}') from error
        self._folder, self._topics, self._buffer = folder, topics, buffer
        self._compression = compression
        self._keep_free, self._free_bytes = keep_free_bytes, free_bytes
        self._file: McapFile | None = None
        self._since_look = 0
        self._latched: dict[str, dict[bytes, Record]] = {}
        self._is_latched = {topic.name: topic.is_shared for topic in topics if topic.is_latched}
        self.failure = ''
        self.written = 0

    @property
    def is_recording(self) -> bool:
        """Whether an episode is being written."""
        return self._file is not None

    def take(self, record: Record) -> None:
        """Buffer a message, and write it when an episode runs."""
        self._buffer.add(record)
        if record.topic in self._is_latched:
            self._latch(record)
        if self._file is not None:
            self._write(record)

    def start(self, name: str) -> Path:
        """Begin an episode with the newest message of every latched topic.

        Raises:
            VlaError: one is running, its name is taken, or the disk is too full.
        """
        if self._file is not None:
            raise VlaError(f'{self._file.path.name} is still being recorded')
        self._require_space()
        self.failure, self.written, self._since_look = '', 0, 0
        self._file = self._open(name)
        path = self._file.path
        for records in self._latched.values():
            for record in records.values():
                self._write(record)
        return path

    def stop(self, result: Mapping[str, str]) -> Path:
        """End the episode and keep it, with what is known of it.

        Raises:
            VlaError: none is running, or it could not be written to its end; says why.
        """
        file, self._file = self._file, None
        if file is None:
            raise VlaError(self.failure or 'no episode is being recorded')
        try:
            file.annotate('vla', result)
            file.close()
        except OSError as error:
            raise VlaError(f'{file.path.name} is incomplete: {error.strerror}') from error
        return file.path

    def discard(self) -> None:
        """End the episode and keep nothing of it."""
        if self._file is not None:
            self._file.discard()
            self._file = None

    def save_last(self, name: str) -> Path:
        """Write what the buffer holds.

        Raises:
            VlaError: the name is taken or the disk too full.
        """
        self._require_space()
        records = self._buffer.records()
        file = self._open(name)
        try:
            with file:
                for record in records:
                    file.write(record)
                file.annotate('vla', {'kind': 'last seconds'})
        except OSError as error:
            raise VlaError(f'{file.path.name} could not be written: {error.strerror}') from error
        return file.path

    def _latch(self, record: Record) -> None:
        """Keep the newest message of a topic; of a shared one, each that differs."""
        kept = self._latched.setdefault(record.topic, {})
        key = record.data if self._is_latched[record.topic] else b''
        kept.pop(key, None)
        kept[key] = record
        if len(kept) > _MOST_SHARED:
            del kept[next(iter(kept))]

    def _open(self, name: str) -> McapFile:
        try:
            return McapFile(self._folder / f'{name}.mcap', self._topics, self._compression)
        except OSError as error:
            raise VlaError(f'cannot record {name}: {error}') from error

    def _write(self, record: Record) -> None:
        """Append to the running episode; on failure close it as it is and remember why."""
        if self._file is None:
            return
        try:
            self._since_look += len(record.data)
            if self._since_look > _LOOK_EVERY_BYTES:
                self._since_look = 0
                self._require_space()
            self._file.write(record)
            self.written += 1
        except (OSError, VlaError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            self.failure = f'{self._file.path.name} ended early: {reason}'
            file, self._file = self._file, None
            self._close_early(file)

    def _close_early(self, file: McapFile) -> None:
        try:
            file.annotate('vla', {'incomplete': self.failure})
            file.close()
        except OSError:
            # There is no room even for the index: a reader recovers the chunks of the .part file.
            return

    def _require_space(self) -> None:
        free = self._free_bytes(self._folder)
        if free < self._keep_free:
            raise VlaError(
                f'the disk of {self._folder} is nearly full: {free / 1e9:.1f} GB free, '
                f'{self._keep_free / 1e9:.1f} GB are kept'
            )
