import os
from pathlib import Path
import sys

import pytest

rclpy = pytest.importorskip('rclpy')

# A domain per process keeps tests that run side by side apart, and off the network.
os.environ['ROS_DOMAIN_ID'] = str(1 + os.getpid() % 100)
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
# The simulated cell stands beside the tests of the core.
sys.path.insert(0, str(Path(__file__).parent.parent))


@pytest.fixture
def ros():
    rclpy.init()
    yield
    rclpy.try_shutdown()
