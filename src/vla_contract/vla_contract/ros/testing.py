"""What every test of a node needs: a domain of its own, and rclpy up and down."""

from collections.abc import Iterator
import os

import pytest
import rclpy
from vla_contract.ros.free_domain import take_domain

os.environ['ROS_DOMAIN_ID'] = str(take_domain())
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


@pytest.fixture
def ros() -> Iterator[None]:
    """Initialise rclpy for one test."""
    rclpy.init()
    yield
    rclpy.try_shutdown()
