"""An MCAP file that has its final name only when it is whole."""

from collections.abc import Buffer, Iterable, Mapping
from io import BufferedWriter, FileIO
import os
from pathlib import Path

from mcap.writer import CompressionType, Writer
from vla_rollout.recording.record import Record, Topic

# Small enough that a killed recording loses little, large enough that the index stays short.
_CHUNK_BYTES = 4 * 1024 * 1024
_WRITE_BYTES = 64 * 1024


class SmallWrites(FileIO):
    """A file that gives the kernel little at a time, under a BufferedWriter, which repeats.

    A kernel that is built without preemption, as servers' are, gives the processor to nobody while
    it copies: a chunk in one piece made the action filter's cycles four milliseconds late.
    """

    def write(self, data: Buffer, /) -> int:
        """Write the beginning of the data; return how much that was [bytes]."""
        return super().write(memoryview(data)[:_WRITE_BYTES])


class McapFile:
    """Writes a recording that `ros2 bag play`, Foxglove and our own reader open.

    Until `close` the file is called NAME.part, so that every file without that ending is complete
    after any crash.
    """

    def __init__(self, path: Path, topics: Iterable[Topic], compression: str = 'none') -> None:
        """Create the file.

        Args:
            path: its final name; must not exist.
            topics: what will be written.
            compression: none, lz4 or zstd.

        Raises:
            OSError: it cannot be created.
        """
        self.path = path
        self._part = path.with_name(path.name + '.part')
        if path.exists():
            raise FileExistsError(f'{path} exists; nothing was written')
        self._stream = BufferedWriter(SmallWrites(self._part, 'wb'))
        self._writer = Writer(
            self._stream,
            chunk_size=_CHUNK_BYTES,
            compression=CompressionType[compression.upper()],
            enable_crcs=True,
            # Of chunks and summary alone, what is between them, as metadata, would have none.
            enable_data_crcs=True,
        )
        self._writer.start(profile='ros2', library='vla-deploy')
        self._channels = {topic.name: self._register(topic) for topic in topics}
        self._sequences = dict.fromkeys(self._channels, 0)

    def __enter__(self) -> 'McapFile':
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def write(self, record: Record) -> None:
        """Append a message of a known topic.

        Raises:
            OSError: the disk is full or gone.
        """
        self._sequences[record.topic] += 1
        self._writer.add_message(
            self._channels[record.topic],
            log_time=record.log_ns,
            publish_time=record.log_ns,
            sequence=self._sequences[record.topic],
            data=record.data,
        )

    def annotate(self, name: str, values: Mapping[str, str]) -> None:
        """Add a metadata record, such as the outcome of the episode."""
        self._writer.add_metadata(name, dict(values))

    def close(self) -> None:
        """Finish the index, bring everything to the disk, and give the file its name.

        Raises:
            OSError: the disk is full or gone; the unfinished file stays as NAME.part.
        """
        try:
            self._writer.finish()
            self._stream.flush()
            os.fsync(self._stream.fileno())
        finally:
            self._stream.close()
        self._part.rename(self.path)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._stream.close()
        self._part.unlink(missing_ok=True)

    def _register(self, topic: Topic) -> int:
        schema = self._writer.register_schema(
            topic.type_name, topic.language, topic.schema.encode()
        )
        return int(self._writer.register_channel(topic.name, 'cdr', schema))
