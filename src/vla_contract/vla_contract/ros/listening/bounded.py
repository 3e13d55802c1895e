"""A subscription whose messages are weighed before they are unpacked."""

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription


def subscribe_bounded(
    node: Node,
    kind: type[Any],
    topic: str,
    callback: Callable[[Any], None],
    qos: QoSProfile,
    largest_bytes: int,
    refuse: Callable[[str], None],
) -> Subscription:
    """Subscribe, and refuse what is too large.

    rclpy makes a Python object of every point of a trajectory, some 12 us each: 100 000 of them
    would stop a node's only thread for a second.

    Args:
        node: subscribes.
        kind: type of the messages.
        topic: their name.
        callback: takes a message.
        qos: of the subscription.
        largest_bytes: size of a serialised message up to which it is unpacked.
        refuse: takes the reason why a message was not.
    """

    def on_bytes(data: bytes) -> None:
        if len(data) > largest_bytes:
            refuse(f'{topic}: found a message of {len(data)} bytes; allowed: {largest_bytes}')
        else:
            callback(deserialize_message(data, kind))

    return node.create_subscription(kind, topic, on_bytes, qos, raw=True)
