"""Waits for a message without taking it."""

import rclpy
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy
from rclpy.subscription import Subscription
from vla_contract.values import to_ns


def wait_for_arrival(subscription: Subscription) -> None:
    """Wait until a message can be taken from a subscription that no executor serves."""
    waiting = _rclpy.WaitSet(1, 0, 0, 0, 0, 0, rclpy.get_default_context().handle)
    waiting.clear_entities()
    waiting.add_subscription(subscription.handle)
    waiting.wait(to_ns(60.0))
    assert waiting.get_ready_entities('subscription')
