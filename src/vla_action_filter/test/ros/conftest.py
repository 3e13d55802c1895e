import pytest

pytest.importorskip('rclpy')

from moving_robot import make_robot, node, robot  # noqa: F401
from vla_contract.ros.testing import ros  # noqa: F401
