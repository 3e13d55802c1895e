"""Feetech's packets: what the host sends, what the motors answer.

FF FF ID LENGTH INSTRUCTION PARAMETERS CHECKSUM, as `scservo_sdk/protocol_packet_handler.py` makes
and reads them; an answer has the error byte where the instruction stands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vla_lerobot.drivers.simulated.motor import SimulatedMotor, STATUS

PING, READ, WRITE, SYNC_READ, SYNC_WRITE = 1, 2, 3, 0x82, 0x83
BROADCAST = 0xFE
_HEADER = b'\xff\xff'


@dataclass(frozen=True)
class Packet:
    """One instruction."""

    id: int
    instruction: int
    parameters: bytes


def checksum(body: bytes) -> int:
    """Return the complement of the sum of all bytes after the header."""
    return ~sum(body) & 0xFF


def take_packets(buffer: bytearray) -> Iterator[Packet]:
    """Yield the whole packets at the front of a buffer, and remove them; noise is skipped."""
    while True:
        start = buffer.find(_HEADER)
        if start < 0:
            # The first half of a header may have come alone.
            del buffer[: len(buffer) - (1 if buffer.endswith(b'\xff') else 0)]
            return
        del buffer[:start]
        if len(buffer) > 2 and buffer[2] == 0xFF:
            # No id: the header begins a byte later.
            del buffer[0]
            continue
        if len(buffer) < 4 or len(buffer) < 4 + buffer[3]:
            return
        body = bytes(buffer[2 : 4 + buffer[3]])
        del buffer[: 2 + len(body)]
        if len(body) >= 4 and checksum(body[:-1]) == body[-1]:
            yield Packet(body[0], body[2], body[3:-1])


def answer(motor: SimulatedMotor, parameters: bytes = b'') -> bytes:
    """Return a status packet of a motor."""
    id_ = motor.memory[5]
    body = bytes([id_, len(parameters) + 2, motor.memory[STATUS]]) + parameters
    return _HEADER + body + bytes([checksum(body)])


def answers(packet: Packet, motors: Mapping[int, SimulatedMotor]) -> Iterator[bytes]:
    """Obey a packet, and yield what the motors answer, in the order in which they do."""
    given = packet.parameters
    if packet.instruction == SYNC_READ:
        for id_ in given[2:]:
            if id_ in motors:
                yield answer(motors[id_], motors[id_].read(given[0], given[1]))
    elif packet.instruction == SYNC_WRITE:
        length = given[1] + 1
        for start in range(2, len(given) - length + 1, length):
            id_, data = given[start], given[start + 1 : start + length]
            if id_ in motors:
                motors[id_].write(given[0], data)
    else:
        yield from _single(packet, motors)


def _single(packet: Packet, motors: Mapping[int, SimulatedMotor]) -> Iterator[bytes]:
    ids = motors if packet.id == BROADCAST else [packet.id]
    for motor in (motors[id_] for id_ in ids if id_ in motors):
        if packet.instruction == PING:
            yield answer(motor)
        elif packet.instruction == READ:
            yield answer(motor, motor.read(packet.parameters[0], packet.parameters[1]))
        elif packet.instruction == WRITE:
            motor.write(packet.parameters[0], packet.parameters[1:])
            yield answer(motor)
