"""A whole capture session in the simulator: drive, take views, calibrate, compare with truth."""

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from std_srvs.srv import Trigger
from support.waiting import wait_for
from vla_calibration.capture.folder import list_samples
from vla_calibration.hand_eye.calibrate_hand_eye import main as calibrate_hand_eye
from vla_contract.cameras.calibration_file import find_calibration, load_calibration
from vla_contract.deployment.cell import load_cell
from vla_contract.ros.free_domain import take_domain
from vla_contract.ros.question import introduction, Question
from vla_contract.schema import load_yaml
from vla_rollout.graph.stack import Stack
import yaml

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / 'calibration_data' / 'samples' / 'in_hand'
CELL = load_cell('panda_table')
DOMAIN = take_domain()
STACK = """processes:
  - {name: mujoco_bridge, module: vla_sim_bridge.ros.mujoco_bridge,
     parameters: mujoco_bridge.yaml}
  - {name: action_filter, module: vla_action_filter.ros.action_filter_node,
     parameters: action_filter.yaml}
  - {name: capture, module: vla_calibration.capture.ros.capture_node, parameters: capture.yaml}
"""
VIEWS = 7


def write_poses(path: Path) -> str:
    """Write joint poses from which the samples were rendered, those nearest to home."""
    arm = [CELL.joints[i].name for i in CELL.arm]
    rows = [
        [load_yaml(SAMPLES / sample.joints)[name] for name in arm]
        for sample in list_samples(SAMPLES)
    ]
    home = CELL.home[list(CELL.arm)]
    near = sorted(rows, key=lambda row: np.abs(np.array(row) - home).max())[:VIEWS]
    path.write_text(yaml.safe_dump({'joints': arm, 'poses': near}))
    return str(path)


@pytest.fixture
def stack(tmp_path, monkeypatch):
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    (tmp_path / 'stacks').mkdir()
    (tmp_path / 'stacks' / 'capture.yaml').write_text(STACK)
    for name in ('mujoco_bridge.yaml', 'action_filter.yaml', 'capture.yaml'):
        (tmp_path / name).symlink_to(ROOT / 'config' / name)
    overrides = {
        'mujoco_bridge': {'deployment': 'calibrate_in_hand'},
        # On a busy machine commands come in jerks, which stiff servos answer with jerks.
        'action_filter': {'effort_spike': 2.0},
        'capture': {
            'output': str(tmp_path / 'views'), 'poses': write_poses(tmp_path / 'poses.yaml'),
            'samples': VIEWS, 'drive_speed': 0.5, 'settle_s': 0.3, 'settle_px': 0.4,
        },
    }  # fmt: skip
    path = str(tmp_path / 'stacks' / 'capture.yaml')
    with Stack(path, tmp_path / 'logs', DOMAIN, overrides) as stack:
        yield stack


class Operator:
    """Calls the services of the capture node and reads its status."""

    def __init__(self) -> None:
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=DOMAIN)
        self._node = rclpy.create_node('operator', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self.status = DiagnosticStatus()
        self.listen(DiagnosticStatus, 'capture/status', self._on_status)

    def listen(self, kind: type, topic: str, receive: Callable[[Any], None]) -> None:
        self._node.create_subscription(kind, topic, receive, 10)

    def _on_status(self, msg: DiagnosticStatus) -> None:
        self.status = msg

    def value(self, key: str) -> str:
        return next((v.value for v in self.status.values if v.key == key), '')

    def wait(self, condition, timeout_s: float, what: str) -> None:
        def is_met() -> bool:
            self._executor.spin_once(timeout_sec=0.05)
            return condition()

        wait_for(is_met, timeout_s, what)

    def call(self, service: str) -> Trigger.Response:
        client = self._node.create_client(Trigger, service)
        node = service.rpartition('/')[0]
        self.wait(introduction(self._node, node).is_answered, 300.0, f'node {node} to answer')
        order = Question(client, Trigger.Request())
        self.wait(order.is_answered, 10.0, f'an answer of {service}')
        return order.answer

    def close(self) -> None:
        self._node.destroy_node()
        rclpy.try_shutdown(context=self._context)


@pytest.fixture
def operator(stack):
    operator = Operator()
    yield operator
    operator.close()


def test_a_session_in_the_simulator_ends_in_the_true_calibration(stack, operator, tmp_path):
    operator.wait(lambda: operator.value('taken') == '0', 60.0, 'the capture node')
    # Nothing moves before it was asked for; the call is the permission.
    assert operator.value('drive') == 'not driving'
    operator.wait(lambda: operator.call('capture/drive').success, 30.0, 'a drive')
    operator.wait(
        lambda: operator.value('drive').startswith('drive done'), 120.0, 'the end of the drive'
    )
    stack.check()
    assert operator.value('drive').startswith('drive done, 0 of'), operator.status.message
    assert operator.value('taken') == str(VIEWS)
    out = tmp_path / 'hand_eye.json'
    # Everything else stands in the folder.
    assert calibrate_hand_eye([str(tmp_path / 'views'), '--json', str(out)]) in (0, 1)
    found = json.loads(out.read_text())
    truth = load_calibration(find_calibration('samples', 'in_hand')).require_extrinsics()
    offset_mm = np.array(found['translation_mm']) - 1000.0 * np.array(truth.position_m)
    assert found['used'] == VIEWS
    assert np.linalg.norm(offset_mm) < 3.0
    assert np.linalg.norm(offset_mm) < found['error_95_mm']
