from pathlib import Path
import sys

import pytest

pytest.importorskip('rclpy')

from vla_contract.ros.testing import ros  # noqa: F401

# The simulated cell stands beside the tests of the core.
sys.path.insert(0, str(Path(__file__).parent.parent))
