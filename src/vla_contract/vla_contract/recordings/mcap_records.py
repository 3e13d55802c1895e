"""The records of an MCAP file one after the other, each with where it begins.

The container is framed here and not by the reader of `mcap`, which reads past the end of a record
that names a wrong length; what is in a record is read by that library. Format:
https://mcap.dev/spec
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
import struct
from typing import BinaryIO
import zlib

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.records import Chunk
from mcap.stream_reader import get_chunk_data_stream
import zstandard

MAGIC = b'\x89MCAP0\r\n'
HEAD = struct.Struct('<BQ')
_MESSAGE = struct.Struct('<HIQQ')
# Times are kept in 64 bits with a sign.
_LATEST_NS, _YEAR_NS = 2**63 - 1, 31_556_952 * 1_000_000_000
# What the readers of records raise on bytes that are none; lz4 raises RuntimeError.
_MALFORMED = (
    McapError,
    zstandard.ZstdError,
    struct.error,
    ValueError,
    OverflowError,
    MemoryError,
    RuntimeError,
)


class BrokenRecordError(Exception):
    """A record that is cut off or malformed.

    Attributes:
        byte: where the record begins.
        why: in a few words.
    """

    def __init__(self, byte: int, why: str) -> None:
        super().__init__(why)
        self.byte, self.why = byte, why


@dataclass(frozen=True)
class RawRecord:
    """A record as it stands in a file, or in a chunk of it.

    Attributes:
        byte: where it begins.
        opcode: its kind.
        content: what follows opcode and length.
    """

    byte: int
    opcode: int
    content: bytes

    def crc(self, before: int) -> int:
        """Return the CRC-32 of everything up to the end of this record."""
        head = HEAD.pack(self.opcode, len(self.content))
        return zlib.crc32(self.content, zlib.crc32(head, before))

    def parse[T](self, kind: type[T]) -> T:
        """Return the content as a record of `mcap.records`.

        Raises:
            BrokenRecordError: it is none.
        """
        try:
            record: T = kind.read(ReadDataStream(BytesIO(self.content)))  # type: ignore[attr-defined]
        except _MALFORMED as error:
            raise BrokenRecordError(self.byte, f'no {kind.__name__}: {error}') from error
        return record

    def unpacked(self) -> bytes:
        """Return the records of a chunk, decompressed, after their CRC was checked.

        Raises:
            BrokenRecordError: the CRC is that of other bytes, or they cannot be decompressed.
        """
        chunk = self.parse(Chunk)
        try:
            stream, length = get_chunk_data_stream(chunk, validate_crc=True)
            return bytes(stream.read(length))
        except _MALFORMED as error:
            raise BrokenRecordError(self.byte, f'chunk: {error}') from error


def read_record(stream: BinaryIO, byte: int, end: int) -> RawRecord:
    """Return the record that begins where the stream stands.

    Args:
        stream: the file, or the inside of a chunk.
        byte: where the stream stands.
        end: where it ends.

    Raises:
        BrokenRecordError: the record ends after that.
    """
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        raise BrokenRecordError(byte, 'it ends here')
    opcode, length = HEAD.unpack(head)
    left = end - byte - HEAD.size
    if length > left:
        raise BrokenRecordError(byte, f'a record of {length} bytes, {left} are left')
    return RawRecord(byte, opcode, stream.read(length))


def records_in(content: bytes) -> Iterator[RawRecord]:
    """Yield the records of a chunk or of a summary; bytes count from its beginning.

    Raises:
        BrokenRecordError: the last one is cut off.
    """
    stream, byte = BytesIO(content), 0
    while byte < len(content):
        record = read_record(stream, byte, len(content))
        byte += HEAD.size + len(record.content)
        yield record


def message_head(record: RawRecord) -> tuple[int, int]:
    """Return the channel and the time of writing [ns] of a message.

    Raises:
        BrokenRecordError: the record is too short for a message.
    """
    if len(record.content) < _MESSAGE.size:
        raise BrokenRecordError(record.byte, 'a message without a head')
    channel, _, log_ns, _ = _MESSAGE.unpack_from(record.content)
    if log_ns > _LATEST_NS:
        raise BrokenRecordError(record.byte, f'a message of the year {1970 + log_ns // _YEAR_NS}')
    return channel, log_ns


def message_data(record: RawRecord) -> bytes:
    """Return the serialised message in a record that `message_head` has read."""
    return record.content[_MESSAGE.size :]
