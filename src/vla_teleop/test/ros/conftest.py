import pytest

pytest.importorskip('rclpy')

from vla_contract.ros.testing import ros  # noqa: F401
