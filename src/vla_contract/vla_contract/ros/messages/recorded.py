"""Reads the messages of an MCAP recording, whoever wrote it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
import struct
from typing import Any

from mcap.exceptions import McapError
from mcap.reader import make_reader
from rclpy.serialization import deserialize_message
from vla_contract.errors import ResourceNotFoundError, VlaError


@dataclass(frozen=True)
class RecordedMessage:
    """A message with the topic it was asked for and the time it was written [ns]."""

    topic: str
    log_ns: int
    message: Any


def recording_files(path: Path) -> list[Path]:
    """Return the MCAP files of a recording: the file itself, or those of a rosbag2 folder.

    Raises:
        ResourceNotFoundError: there is no such file, or no MCAP file in the folder.
    """
    files = sorted(path.glob('*.mcap')) if path.is_dir() else [path]
    if not files or not path.exists():
        raise ResourceNotFoundError('recording', path, 'an MCAP file or a rosbag2 folder')
    return files


def read_messages(path: Path, types: Mapping[str, type]) -> Iterator[RecordedMessage]:
    """Yield the messages of one MCAP file in the order of their time.

    Args:
        path: the file.
        types: message class by topic; a topic matches the end of a recorded name, so that a
            namespace does not matter. Others are passed over.

    Raises:
        VlaError: the file is not MCAP, or damaged.
    """
    with path.open('rb') as stream:
        try:
            for _, channel, message in make_reader(stream).iter_messages():
                topic = _match(channel.topic, types)
                if topic is not None and channel.message_encoding == 'cdr':
                    decoded = deserialize_message(message.data, types[topic])
                    yield RecordedMessage(topic, message.log_time, decoded)
        except (McapError, struct.error, EOFError) as error:
            raise VlaError(f'{path} is not a readable MCAP file: {error}') from error


def read_metadata(path: Path, name: str) -> dict[str, str]:
    """Return a metadata record of an MCAP file, empty when it has none of this name.

    Raises:
        VlaError: the file is not MCAP, or damaged.
    """
    with path.open('rb') as stream:
        try:
            records = make_reader(stream).iter_metadata()
            return next((dict(r.metadata) for r in records if r.name == name), {})
        except (McapError, struct.error, EOFError) as error:
            raise VlaError(f'{path} is not a readable MCAP file: {error}') from error


def _match(name: str, types: Mapping[str, type]) -> str | None:
    parts = name.strip('/').split('/')
    endings = ('/'.join(parts[k:]) for k in range(len(parts)))
    return next((ending for ending in endings if ending in types), None)
