"""Reads joint_states when asked, at a cost that hardly depends on how fast drivers publish."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
import math
import struct

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription
from sensor_msgs.msg import JointState
from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError
from vla_contract.joints.joint_states import JointStateMerge
from vla_contract.ros.listening.unattended import unattended_subscription
from vla_contract.stamps import from_stamp
from vla_contract.values import JointSample

# What three drivers at 2 kHz send in 50 ms, the longest pause of a filter that is not too slow.
_DEPTH = 300
_QOS = QoSProfile(depth=_DEPTH, reliability=ReliabilityPolicy.BEST_EFFORT)
# More than 500 joints with names as long as names are. 20 000 take 15 ms to look through, which
# some dozens of waiting messages turn into a second without a command.
_LARGEST_BYTES = 65536
# Serialised, a message begins with four bytes of encoding and eight of stamp.
_NAMES_AT = 12


class JointStatesReader:
    """Polls joint_states and merges them by name.

    Messages are taken as bytes. Of those that begin alike after the stamp, which means the same
    driver and the same joints, only the newest that measures all its joints is decoded: at 1 kHz
    that is one in ten.

    Attributes:
        rejected: messages that could not be read.
        problem: why the last of them was not.
    """

    def __init__(self, node: Node, cell: Cell) -> None:
        """Subscribe to every topic of the cell's joints."""
        self._merge = JointStateMerge(cell)
        self._subscriptions = [
            (source, unattended_subscription(node, JointState, source.topic, _QOS))
            for source in cell.joint_sources
        ]
        self._beginnings: list[bytes] = []
        self.rejected = 0
        self.problem = ''

    @property
    def missing(self) -> str:
        """Which joints were never heard of, '' when all were."""
        return self._merge.missing

    def poll(self, now_ns: int) -> JointSample | None:
        """Take what has come; return all joints if any of them is new, else None.

        Args:
            now_ns: time of the clock that stamps joint_states, as time of arrival [ns].
        """
        has_news = False
        for source, subscription in self._subscriptions:
            for alike in self._taken(subscription).values():
                try:
                    for msg in _newest_complete(alike):
                        has_news |= self._offer(source.names(msg.name), msg, now_ns)
                except RuntimeError:
                    self._reject('joint_states: found bytes that are no JointState')
        return self._merge.sample if has_news else None

    def _taken(self, subscription: Subscription) -> dict[bytes, list[bytes]]:
        """Return the waiting messages by what they begin with, in order of arrival."""
        groups: dict[bytes, list[bytes]] = defaultdict(list)
        handle = subscription.handle
        with handle:
            # No more than could wait: a driver that never pauses must not keep the reader here.
            for _ in range(_DEPTH):
                taken = handle.take_message(JointState, True)
                if taken is None:
                    break
                data = taken[0]
                if len(data) > _LARGEST_BYTES:
                    found = f'found a message of {len(data)} bytes'
                    self._reject(f'joint_states: {found}; allowed: {_LARGEST_BYTES}')
                else:
                    groups[self._beginning(data)].append(data)
        return groups

    def _beginning(self, data: bytes) -> bytes:
        """Return the bytes of frame and joint names."""
        for known in self._beginnings:
            if data.startswith(known, _NAMES_AT):
                return known
        # A driver that changes the order of its joints all the time is none to remember.
        if len(self._beginnings) >= 16:
            self._beginnings.clear()
        try:
            self._beginnings.append(data[_NAMES_AT : _names_end(data)])
        except struct.error:
            return b''
        return self._beginnings[-1]

    def _offer(self, names: list[str], msg: JointState, now_ns: int) -> bool:
        stamp_ns = from_stamp(msg.header.stamp)
        try:
            return self._merge.offer(
                names, msg.position, msg.velocity, msg.effort, stamp_ns, now_ns
            )
        except ContractError as error:
            self._reject(str(error))
            return False

    def _reject(self, problem: str) -> None:
        self.rejected += 1
        self.problem = problem


def _names_end(data: bytes) -> int:
    """Return where the joint names of a serialised JointState end.

    CDR (OMG DDS-RPC 7.4.3.5): a string is its length, NUL included, and its bytes; every number of
    four bytes stands at a multiple of four behind the encoding.
    """
    order = '<' if data[1] & 1 else '>'

    def number(at: int) -> tuple[int, int]:
        at += -at % 4
        return struct.unpack_from(f'{order}I', data, at)[0], at + 4

    length, at = number(_NAMES_AT)
    count, at = number(at + length)
    for _ in range(count):
        length, at = number(at)
        at += length
    return at


def _newest_complete(alike: Sequence[bytes]) -> Iterator[JointState]:
    """Yield, oldest first, the newest messages down to one that measures all its joints."""
    chosen: list[JointState] = []
    for data in reversed(alike):
        chosen.append(deserialize_message(data, JointState))
        if all(map(math.isfinite, chosen[-1].position)):
            break
    yield from reversed(chosen)
