"""What every test of a node needs: a domain of its own, and rclpy up and down."""

from collections.abc import Iterator
import os

import pytest
import rclpy

# A domain per process keeps tests that run side by side apart, and off the network.
os.environ['ROS_DOMAIN_ID'] = str(1 + os.getpid() % 100)
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


@pytest.fixture
def ros() -> Iterator[None]:
    """Initialise rclpy for one test."""
    rclpy.init()
    yield
    rclpy.try_shutdown()
