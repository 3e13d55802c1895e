"""What tests of nodes need: a domain of their own, rclpy up and down, messages that came."""

from collections.abc import Iterator
import gc

import pytest
import rclpy
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy
from rclpy.subscription import Subscription
from vla_contract.ros.free_domain import enter_own_domain
from vla_contract.values import to_ns

enter_own_domain()


@pytest.fixture
def ros() -> Iterator[None]:
    """Initialise rclpy for one test.

    What the test before has left behind goes first: nodes refer to themselves. The services of a
    participant that the garbage collector ends while a client is matched with new ones of the same
    name keep that client from ever finding them: rmw_fastrtps counts matches by their change.
    """
    gc.collect()
    rclpy.init()
    yield
    rclpy.try_shutdown()


def wait_for_arrival(subscription: Subscription) -> None:
    """Wait until a message can be taken from a subscription that no executor serves."""
    waiting = _rclpy.WaitSet(1, 0, 0, 0, 0, 0, rclpy.get_default_context().handle)
    waiting.clear_entities()
    waiting.add_subscription(subscription.handle)
    waiting.wait(to_ns(60.0))
    assert waiting.get_ready_entities('subscription')
