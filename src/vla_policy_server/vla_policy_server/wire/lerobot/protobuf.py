"""The messages of lerobot/transport/services.proto: one field of bytes, and a state of transfer.

Written here, since LeRobot's own module imports PyTorch, which a robot that asks can do without.
"""

from collections.abc import Iterator

from vla_policy_server.wire.errors import WireError

EMPTY = b''
"""The message without a field."""

_STATE, _FIRST, _SECOND = 0x08, 0x0A, 0x12  # field 1, a number; fields 1 and 2, bytes
_BEGIN, _MIDDLE, _END = 1, 2, 3
_PART_BYTES = 2 * 1024 * 1024  # as LeRobot's; gRPC takes 4 MiB


def policy_setup(data: bytes) -> bytes:
    """Return a message PolicySetup."""
    return bytes([_FIRST]) + _length(len(data)) + data


def observation_parts(data: bytes) -> Iterator[bytes]:
    """Yield the messages Observation that carry one observation."""
    for begin in range(0, len(data), _PART_BYTES):
        part = data[begin : begin + _PART_BYTES]
        is_last = begin + _PART_BYTES >= len(data)
        state = _END if is_last else _MIDDLE if begin else _BEGIN
        yield bytes([_STATE, state, _SECOND]) + _length(len(part)) + part


def actions_data(message: bytes) -> bytes:
    """Return the bytes in a message Actions; none of them, as of one without any.

    Raises:
        WireError: it is another message.
    """
    if not message:
        return b''
    size = shift = 0
    for begin in range(1, min(len(message), 6)):
        size |= (message[begin] & 0x7F) << shift
        shift += 7
        if message[begin] < 0x80:
            if message[0] == _FIRST and len(message) == begin + 1 + size:
                return message[begin + 1 :]
            break
    raise WireError('an answer that is no message Actions')


def _length(size: int) -> bytes:
    """Return a number in groups of seven bits, the lowest first."""
    groups = []
    while size > 0x7F:
        groups.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*groups, size])
