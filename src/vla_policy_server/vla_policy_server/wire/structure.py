"""Walks through a MessagePack message without building anything, and refuses the hostile ones.

A decoder that builds objects as it reads can be made to allocate far more than it received. Here
depth, number of values and every length are checked on the bytes alone, so that decoding
afterwards costs no more than the message is long. Format: github.com/msgpack/msgpack, spec.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from vla_policy_server.wire.errors import MessageRefusedError


@dataclass(frozen=True)
class WireLimits:
    """How large and how deep a message may be.

    Attributes:
        message_bytes: size of a message; three 1280x720 images fit.
        depth: maps and lists inside each other; openpi's messages need 4.
        values: entries of all maps and lists together.
    """

    message_bytes: int = 16 * 2**20
    depth: int = 8
    values: int = 4096


LIMITS = WireLimits()
"""What workers and robots accept unless told otherwise."""


class _Header(NamedTuple):
    """What the first byte of a value says: the rest of its head, its body, its children."""

    length_bytes: int  # bytes that hold the length, big-endian
    body: int  # bytes of the body; times the length where there is one
    children: int  # values inside; times the length where there is one


def check_structure(message: bytes, limits: WireLimits) -> None:
    """Check that a message is one whole MessagePack value within limits.

    Raises:
        MessageRefusedError: it is too large, too deep, truncated, longer than its content, or
            holds a type that no message of ours needs.
    """
    if len(message) > limits.message_bytes:
        raise MessageRefusedError(
            f'the message has {len(message)} bytes; allowed: {limits.message_bytes}'
        )
    position, values = 0, 0
    open_values = [1]  # children still to come, one entry per level
    while open_values:
        if open_values[-1] == 0:
            open_values.pop()
            continue
        open_values[-1] -= 1
        position, children = _next_value(message, position)
        values += 1
        # Children that were only announced count too: a list of 2^32 is refused at its head.
        if values + children > limits.values:
            raise MessageRefusedError(f'the message has more than {limits.values} values')
        if children:
            open_values.append(children)
            if len(open_values) - 1 > limits.depth:
                raise MessageRefusedError(f'the message is nested deeper than {limits.depth}')
    if position != len(message):
        raise MessageRefusedError(
            f'{len(message) - position} bytes follow the message{_looks_like(message)}'
        )


def _looks_like(message: bytes) -> str:
    """Return what a message is instead of MessagePack, '' for nothing that is known."""
    if message[:1] == b'\x80' and message.endswith(b'.'):
        return ': it looks like a pickle'
    return ': it looks like JSON' if message.lstrip()[:1] in (b'{', b'[') else ''


def _next_value(message: bytes, position: int) -> tuple[int, int]:
    """Return where the value at `position` ends or its children begin, and how many they are."""
    if position >= len(message):
        raise MessageRefusedError('the message is truncated')
    header = _HEADERS[message[position]]
    if header is None:
        raise MessageRefusedError(f'the message has a value of type 0x{message[position]:02x}')
    start = position + 1 + header.length_bytes
    factor = 1
    if header.length_bytes:
        factor = int.from_bytes(message[position + 1 : start], 'big')
    end = start + header.body * factor
    if end > len(message):
        raise MessageRefusedError('the message is truncated')
    return end, header.children * factor


def _headers() -> Iterator[tuple[range, _Header]]:
    """List the headers of the format; extension types, 0xc1 among them, are left out."""
    yield range(0x00, 0x80), _Header(0, 0, 0)  # small positive integer
    yield range(0xE0, 0x100), _Header(0, 0, 0)  # small negative integer
    for byte in (0xC0, 0xC2, 0xC3):  # nil, false, true
        yield range(byte, byte + 1), _Header(0, 0, 0)
    for length in range(16):  # small maps and lists
        yield range(0x80 + length, 0x81 + length), _Header(0, 0, 2 * length)
        yield range(0x90 + length, 0x91 + length), _Header(0, 0, length)
    for length in range(32):  # small strings
        yield range(0xA0 + length, 0xA1 + length), _Header(0, length, 0)
    for k in range(3):  # byte strings and strings with 1, 2 or 4 bytes of length
        yield range(0xC4 + k, 0xC5 + k), _Header(2**k, 1, 0)
        yield range(0xD9 + k, 0xDA + k), _Header(2**k, 1, 0)
    for byte, size in ((0xCA, 4), (0xCB, 8)):  # floats
        yield range(byte, byte + 1), _Header(0, size, 0)
    for k in range(4):  # unsigned and signed integers of 1, 2, 4 or 8 bytes
        yield range(0xCC + k, 0xCD + k), _Header(0, 2**k, 0)
        yield range(0xD0 + k, 0xD1 + k), _Header(0, 2**k, 0)
    for k in range(2):  # lists and maps with 2 or 4 bytes of length
        yield range(0xDC + k, 0xDD + k), _Header(2 ** (k + 1), 0, 1)
        yield range(0xDE + k, 0xDF + k), _Header(2 ** (k + 1), 0, 2)


_HEADERS: list[_Header | None] = [None] * 256
for _types, _header in _headers():
    for _type in _types:
        _HEADERS[_type] = _header
