"""A recording: one MCAP file, or all files of a rosbag2 folder, in order of time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import heapq
from pathlib import Path
from typing import BinaryIO

from mcap.opcode import Opcode
from vla_contract.errors import VlaError
from vla_contract.recordings.damage import Damage
from vla_contract.recordings.files import recording_files
from vla_contract.recordings.mcap_contents import Block, McapContents, read_contents
from vla_contract.recordings.mcap_records import (
    BrokenRecordError,
    message_data,
    message_head,
    RawRecord,
    read_record,
    records_in,
)


@dataclass(frozen=True)
class RecordedTopic:
    """A topic as a recording describes it.

    Attributes:
        name: resolved name.
        type_name: e.g. sensor_msgs/msg/Image; '' where none is named.
        encoding: of the messages; ROS 2 writes cdr.
        language: of the definition; ROS 2 writes ros2msg.
        definition: of the type and of every type in it.
    """

    name: str
    type_name: str
    encoding: str
    language: str
    definition: str


@dataclass(frozen=True)
class RawMessage:
    """A message as it was written: its topic, when [ns], and its bytes."""

    topic: RecordedTopic
    log_ns: int
    data: bytes


class Recording:
    """What stands in a recording; reads the bytes of its messages."""

    def __init__(self, path: Path) -> None:
        """Read all of it once, to know that it is whole.

        Args:
            path: an MCAP file, finished or not (.part), or a rosbag2 folder.

        Raises:
            ResourceNotFoundError: there is no such recording.
            VlaError: it is of another format, or nothing of it can be read.
        """
        self.path = path
        self._files = [read_contents(file) for file in recording_files(path)]
        self._topics = [_topics(contents) for contents in self._files]

    @property
    def damages(self) -> list[Damage]:
        """What of its files could not be read; empty when all are whole."""
        return [contents.damage for contents in self._files if contents.damage]

    def topics(self) -> list[RecordedTopic]:
        """Return the topics that have a message, by name."""
        found = {
            topics[number]
            for contents, topics in zip(self._files, self._topics, strict=True)
            for number in contents.counts
        }
        return sorted(found, key=lambda topic: (topic.name, topic.type_name))

    def metadata(self, name: str) -> dict[str, str]:
        """Return what was noted under a name; empty where nothing was, or a file is damaged."""
        return next((c.metadata[name] for c in self._files if name in c.metadata), {})

    def messages(self, topics: Sequence[RecordedTopic]) -> Iterator[RawMessage]:
        """Yield the messages of some topics in the order of their time.

        Raises:
            VlaError: a file has changed since it was opened.
        """
        streams = [
            _messages(contents, {k: t for k, t in known.items() if t in topics})
            for contents, known in zip(self._files, self._topics, strict=True)
        ]
        return heapq.merge(*streams, key=lambda message: message.log_ns)


def _topics(contents: McapContents) -> dict[int, RecordedTopic]:
    topics = {}
    for number, channel in contents.channels.items():
        schema = contents.schemas.get(channel.schema_id)
        named = (schema.name, schema.encoding, schema.data) if schema else ('', '', b'')
        topics[number] = RecordedTopic(
            channel.topic,
            named[0],
            channel.message_encoding,
            named[1],
            bytes(named[2]).decode(errors='replace'),
        )
    return topics


def _messages(contents: McapContents, topics: dict[int, RecordedTopic]) -> Iterator[RawMessage]:
    """Yield messages by time; those of one time in the order in which they were written.

    A block is read when the first of its messages may be next: blocks overlap where a recorder
    buffers.
    """
    blocks = [block for block in contents.blocks if block.channels & topics.keys()]
    blocks.sort(key=lambda block: block.first_ns, reverse=True)
    ready: list[tuple[int, int, int, int, bytes]] = []
    try:
        with contents.path.open('rb') as stream:
            size = contents.path.stat().st_size
            while blocks or ready:
                while blocks and (not ready or blocks[-1].first_ns <= ready[0][0]):
                    for message in _block_messages(stream, size, blocks.pop()):
                        if message[3] in topics:
                            heapq.heappush(ready, message)
                log_ns, _, _, channel, data = heapq.heappop(ready)
                yield RawMessage(topics[channel], log_ns, data)
    except (BrokenRecordError, OSError) as error:
        raise VlaError(f'{contents.path} has changed while it was read: {error}') from error


def _block_messages(
    stream: BinaryIO, size: int, block: Block
) -> Iterator[tuple[int, int, int, int, bytes]]:
    """Yield time, byte of the block and in it, channel and data of the messages of a block."""
    stream.seek(block.byte)
    record = read_record(stream, block.byte, size)
    inner: Iterator[RawRecord] = iter([record])
    if record.opcode == Opcode.CHUNK:
        inner = records_in(record.unpacked())
    for message in inner:
        if message.opcode == Opcode.MESSAGE:
            channel, log_ns = message_head(message)
            yield log_ns, block.byte, message.byte, channel, message_data(message)
