"""Hears every publisher of a topic, whether it latches what it says or not.

A subscription matches only publishers that offer all it asks for: one that asks for latched
messages, or for reliable ones, hears nothing of a publisher without. One that asks for less gets
less of those that have it. So there is one of each kind.
"""

from collections.abc import Callable
from typing import Any

from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

# What publishers of a switch may say between two looks at it.
_DEPTH = 256
KINDS = (
    QoSProfile(depth=_DEPTH, durability=DurabilityPolicy.TRANSIENT_LOCAL),
    QoSProfile(depth=_DEPTH),
    QoSProfile(depth=_DEPTH, reliability=ReliabilityPolicy.BEST_EFFORT),
)
# Every publisher is heard by one of the kinds, so that another does not match is no news.
UNMATCHED_IS_EXPECTED = SubscriptionEventCallbacks(use_default_callbacks=False)


def subscribe_to_any(
    node: Node, msg_type: type[Any], topic: str, callback: Callable[[Any], None]
) -> None:
    """Have a callback called with what any publisher says, and with what latched ones said last.

    Most messages come more than once: the callback must not mind.
    """
    for qos in KINDS:
        node.create_subscription(
            msg_type, topic, callback, qos, event_callbacks=UNMATCHED_IS_EXPECTED
        )
