import os

import pytest

rclpy = pytest.importorskip('rclpy')

# A domain per process keeps tests that run side by side apart, and off the network.
os.environ['ROS_DOMAIN_ID'] = str(1 + os.getpid() % 100)
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


@pytest.fixture
def ros():
    rclpy.init()
    yield
    rclpy.try_shutdown()
