"""Hears every publisher of a topic, whether it latches what it says or not.

A subscription that asks for latched messages does not match a publisher that keeps none, and one
that asks for none gets no message from before its time. So there are two of them.
"""

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

# What publishers of a switch may say between two looks at it.
_DEPTH = 256
LIVE = QoSProfile(depth=_DEPTH)
KEPT = QoSProfile(depth=_DEPTH, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def subscribe_to_any(
    node: Node, msg_type: type[Any], topic: str, callback: Callable[[Any], None]
) -> None:
    """Have a callback called with what any publisher says, and with what latched ones said last.

    What a latched publisher says comes twice: the callback must not mind.
    """
    for qos in (KEPT, LIVE):
        node.create_subscription(msg_type, topic, callback, qos)
