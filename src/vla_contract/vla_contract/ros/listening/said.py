"""Who said what on a topic: messages with the publisher that each of them is from."""

import ctypes
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription
from vla_contract.ros.listening.any_publisher import KINDS
from vla_contract.ros.listening.unattended import unattended_subscription

_GID_BYTES = 16
_NO_SEQUENCE = 2**64 - 1


class _Allocator(ctypes.Structure):
    """rcutils_allocator_t."""

    _fields_ = [(name, ctypes.c_void_p) for name in ('a', 'b', 'c', 'd', 'state')]


class _Bytes(ctypes.Structure):
    """rcutils_uint8_array_t."""

    _fields_ = [
        ('buffer', ctypes.c_void_p),
        ('length', ctypes.c_size_t),
        ('capacity', ctypes.c_size_t),
        ('allocator', _Allocator),
    ]


class _Info(ctypes.Structure):
    """rmw_message_info_t of ROS 2 Jazzy, with room behind it for what others may add."""

    _fields_ = [
        ('sent_ns', ctypes.c_int64),
        ('received_ns', ctypes.c_int64),
        ('sequence', ctypes.c_uint64),
        ('reception', ctypes.c_uint64),
        ('implementation', ctypes.c_void_p),
        ('gid', ctypes.c_uint8 * _GID_BYTES),
        ('is_intra_process', ctypes.c_bool),
        ('room', ctypes.c_uint8 * 128),
    ]


@dataclass(frozen=True)
class Said:
    """A message and the publisher that sent it, as `Conversation.publishers` names it."""

    publisher: bytes
    message: Any


class Conversation:
    """A topic with several publishers, each of which is heard and known by itself.

    rclpy 7.1 does not tell who sent a message, so it is taken from rcl. Where a middleware gives
    messages another identity than the graph (Cyclone DDS), no publisher of a message is found
    among `publishers`.
    """

    def __init__(self, node: Node, msg_type: type[Any], topic: str) -> None:
        """Subscribe, for publishers of any quality of service."""
        self._node, self._type = node, msg_type
        self._topic = node.resolve_topic_name(topic)
        self._subscriptions = [
            unattended_subscription(node, msg_type, topic, qos) for qos in KINDS
        ]
        self._newest: dict[bytes, int] = {}
        self._rcl = ctypes.CDLL('librcl.so')
        self._rcl.rcl_take_serialized_message.argtypes = [ctypes.c_void_p] * 4
        self._info, self._bytes = _Info(), _Bytes()
        rcutils = ctypes.CDLL('librcutils.so')
        rcutils.rcutils_get_default_allocator.restype = _Allocator
        allocator = rcutils.rcutils_get_default_allocator()
        rcutils.rcutils_uint8_array_init(
            ctypes.byref(self._bytes), ctypes.c_size_t(256), ctypes.byref(allocator)
        )

    def take(self) -> list[Said]:
        """Return what has come since the last call, each message once, oldest of each first."""
        return [said for subscription in self._subscriptions for said in self._of(subscription)]

    @property
    def publishers(self) -> dict[bytes, str]:
        """The publishers of the topic that are there now, with the names of their nodes."""
        return {
            bytes(info.endpoint_gid): info.node_name
            for info in self._node.get_publishers_info_by_topic(self._topic)
        }

    def _of(self, subscription: Subscription) -> list[Said]:
        said: list[Said] = []
        info, handle = self._info, subscription.handle
        with handle:
            for _ in range(subscription.qos_profile.depth):
                if self._rcl.rcl_take_serialized_message(
                    handle.pointer, ctypes.byref(self._bytes), ctypes.byref(info), None
                ):
                    break
                publisher = bytes(info.gid)
                if self._is_new(publisher, info.sequence, info.sent_ns):
                    data = ctypes.string_at(self._bytes.buffer, self._bytes.length)
                    said.append(Said(publisher, deserialize_message(data, self._type)))
        return said

    def _is_new(self, publisher: bytes, sequence: int, sent_ns: int) -> bool:
        """Whether a message was not taken before, from another subscription."""
        newest = self._newest.get(publisher, -1)
        # Clocks may be set back, so a time says no more than that it is another message.
        has_sequence = sequence != _NO_SEQUENCE
        is_new = sequence > newest if has_sequence else sent_ns != newest
        if is_new:
            self._newest[publisher] = sequence if has_sequence else sent_ns
        return is_new
