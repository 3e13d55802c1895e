"""What every test of a node needs: a domain of its own, and rclpy up and down."""

from collections.abc import Iterator

import pytest
import rclpy
from vla_contract.ros.free_domain import enter_own_domain

enter_own_domain()


@pytest.fixture
def ros() -> Iterator[None]:
    """Initialise rclpy for one test."""
    rclpy.init()
    yield
    rclpy.try_shutdown()
