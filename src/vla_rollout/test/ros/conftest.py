import pytest

pytest.importorskip('rclpy')

from bare_robot import forkery, robot, start  # noqa: F401
from vla_contract.ros.testing import ros  # noqa: F401
