"""What is in an MCAP file, and whether all of it is as it was written."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
import zlib

from mcap.opcode import Opcode
from mcap.records import Channel, DataEnd, Footer, Metadata, Schema, Statistics
from vla_contract.errors import VlaError
from vla_contract.recordings.damage import Damage
from vla_contract.recordings.mcap_records import (
    BrokenRecordError,
    HEAD,
    MAGIC,
    message_head,
    RawRecord,
    read_record,
    records_in,
)

_FOOTER_BYTES = HEAD.size + 20


@dataclass(frozen=True)
class Block:
    """Messages that are read together: a chunk, or one message outside of chunks.

    Attributes:
        byte: where the record begins.
        first_ns: time of its earliest message [ns].
        channels: of its messages.
    """

    byte: int
    first_ns: int
    channels: frozenset[int]


@dataclass
class McapContents:
    """An MCAP file that was read once from beginning to end, or to its damage.

    Attributes:
        path: the file.
        channels: by their number.
        schemas: by their number.
        blocks: where its messages are.
        counts: messages of each channel.
        metadata: by name; none of a damaged file, whose metadata no checksum speaks for.
        last_ns: time of the latest message [ns].
        damage: None when the file is whole.
    """

    path: Path
    channels: dict[int, Channel] = field(default_factory=dict)
    schemas: dict[int, Schema] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    counts: Counter[int] = field(default_factory=Counter)
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    last_ns: int = 0
    damage: Damage | None = None

    def take(self, record: RawRecord) -> None:
        """Take the next record of the data section.

        Raises:
            BrokenRecordError: it is damaged; nothing of it was taken.
        """
        match record.opcode:
            case Opcode.CHUNK:
                self._take_block(record, list(records_in(record.unpacked())))
            case Opcode.METADATA:
                note = record.parse(Metadata)
                self.metadata[note.name] = dict(note.metadata)
            case Opcode.MESSAGE | Opcode.SCHEMA | Opcode.CHANNEL:
                self._take_block(record, [record])

    def _take_block(self, outer: RawRecord, inner: list[RawRecord]) -> None:
        schemas, channels = dict(self.schemas), dict(self.channels)
        heads: list[tuple[int, int]] = []
        try:
            for record in inner:
                if record.opcode == Opcode.SCHEMA:
                    schema = record.parse(Schema)
                    schemas[schema.id] = schema
                elif record.opcode == Opcode.CHANNEL:
                    channel = record.parse(Channel)
                    channels[channel.id] = channel
                elif record.opcode == Opcode.MESSAGE:
                    heads.append(message_head(record))
        except BrokenRecordError as error:
            raise BrokenRecordError(outer.byte, error.why) from error
        counts = Counter(channel for channel, _ in heads)
        if unknown := counts.keys() - channels.keys():
            raise BrokenRecordError(outer.byte, f'messages of channel {min(unknown)}, unknown')
        self.schemas, self.channels = schemas, channels
        if heads:
            times_ns = [log_ns for _, log_ns in heads]
            self.blocks.append(Block(outer.byte, min(times_ns), frozenset(counts)))
            self.counts += counts
            self.last_ns = max(self.last_ns, *times_ns)


def read_contents(path: Path) -> McapContents:
    """Read a whole MCAP file once; checks every checksum that stands in it.

    Raises:
        VlaError: the file is not MCAP, cannot be read, or its damage leaves no message.
    """
    contents = McapContents(path)
    try:
        with path.open('rb') as stream:
            _read(stream, path.stat().st_size, contents)
    except OSError as error:
        raise VlaError(f'{path} cannot be read: {error.strerror}') from error
    except BrokenRecordError as error:
        messages = contents.counts.total()
        if not messages:
            raise VlaError(
                f'{path} is not a readable MCAP file: {error.why} at byte {error.byte}'
            ) from error
        contents.metadata.clear()
        contents.damage = Damage(path, error.byte, error.why, messages, contents.last_ns)
    return contents


def _read(stream: BinaryIO, size: int, contents: McapContents) -> None:
    if stream.read(len(MAGIC)) != MAGIC:
        raise BrokenRecordError(0, 'it does not begin as MCAP does')
    byte, crc = len(MAGIC), zlib.crc32(MAGIC)
    while True:
        record = read_record(stream, byte, size)
        byte += HEAD.size + len(record.content)
        if record.opcode == Opcode.DATA_END:
            break
        contents.take(record)
        crc = record.crc(crc)
    written_crc = record.parse(DataEnd).data_section_crc
    if written_crc not in (0, crc):
        raise BrokenRecordError(record.byte, 'checksum of the data section')
    _check_summary(stream.read(), byte, contents)


def _check_summary(summary: bytes, byte: int, contents: McapContents) -> None:
    """Compare what follows the data with its checksum, and with the data."""
    if not summary.endswith(MAGIC):
        raise BrokenRecordError(byte, 'the summary is cut off')
    body = summary[: -len(MAGIC)]
    if len(body) < _FOOTER_BYTES or body[-_FOOTER_BYTES] != Opcode.FOOTER:
        raise BrokenRecordError(byte, 'the summary has no footer')
    footer = RawRecord(byte, Opcode.FOOTER, body[HEAD.size - _FOOTER_BYTES :]).parse(Footer)
    if footer.summary_crc not in (0, zlib.crc32(body[:-4])):
        raise BrokenRecordError(byte, 'checksum of the summary')
    for record in records_in(body):
        if record.opcode == Opcode.STATISTICS:
            count = record.parse(Statistics).message_count
            if count != contents.counts.total():
                why = f'{contents.counts.total()} messages where the summary counts {count}'
                raise BrokenRecordError(byte, why)
