"""What every test of a node needs: a domain of its own, and rclpy up and down."""

from collections.abc import Iterator
import gc

import pytest
import rclpy
from vla_contract.ros.free_domain import enter_own_domain

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
