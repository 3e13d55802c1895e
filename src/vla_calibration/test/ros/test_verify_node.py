"""The node's answers, with a board whose place was recorded."""

import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from sensor_msgs.msg import Image, JointState
from std_srvs.srv import Trigger
from vla_calibration.board.boards import Board
from vla_calibration.board.synthetic_view import render_view
from vla_calibration.calibration_file import (
    describe_lens,
    describe_pose,
    describe_source,
    Verdict,
)
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose
from vla_calibration.lens.lens import Lens
from vla_calibration.verify.board import record_reference, REFERENCE_NAME, save_reference
from vla_calibration.verify.ros.verify_node import VerifyNode
from vla_contract.cameras.calibration import CameraCalibration, SourceImage
from vla_contract.cameras.calibration_file import FILE_NAME, FOLDER, save_calibration
from vla_contract.deployment.cell import load_cell
from vla_contract.ros.messages.images import image_to_msg
from vla_contract.ros.messages.joints import joints_to_msg
from vla_contract.ros.qos import SENSOR, STATE
from vla_contract.ros.question import Question
from vla_contract.transforms import look_at, make_transform
from vla_contract.values import JointSample

CELL = load_cell('panda_table')
CAMERA = CELL.camera('top')
BOARD = Board('chessboard', 9, 6, 0.025)
LENS = Lens(384, 384, [[460.0, 0, 190.0], [0, 461.0, 193.0], [0, 0, 1]], np.zeros(5))
EYE = np.array([0.9, 0.2, 0.5])
T_CAMERA_BOARD = se3.exp(np.array([0.4, -0.2, 0.1, -0.1, -0.06, 0.45]))


def view(twist=(0.0,) * 6) -> np.ndarray:
    """What the camera sees after it moved by a twist in its own frame."""
    T = np.linalg.inv(se3.exp(np.array(twist))) @ T_CAMERA_BOARD
    return np.repeat(render_view(BOARD, LENS, T)[..., None], 3, axis=2)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace in which the camera is calibrated, and a board's place recorded."""
    source = describe_source('test')
    pose = Pose('panda_link0', CAMERA.frame, make_transform(EYE, look_at(EYE, np.zeros(3))))
    calibration = CameraCalibration(
        1, 'panda_table', 'top', describe_lens(LENS, source, Verdict(True), 0.2),
        describe_pose(pose, 'eye-to-hand', source, Verdict(True)),
    )  # fmt: skip
    path = tmp_path / FOLDER / 'panda_table' / 'top' / FILE_NAME
    save_calibration(calibration, path)
    image = SourceImage('reference.png', 'ab' * 32)
    reference = record_reference(view(), BOARD, calibration, image)
    save_reference(reference, path.with_name(REFERENCE_NAME))
    monkeypatch.setenv('VLA_WORKSPACE', str(tmp_path))


class Cell:
    """A robot that stands, a camera, and a rollout that asks."""

    def __init__(self, node: VerifyNode) -> None:
        self.executor = SingleThreadedExecutor()
        self.node = rclpy.create_node('cell')
        for each in (node, self.node):
            self.executor.add_node(each)
        self.joints = self.node.create_publisher(JointState, 'joint_states', STATE)
        self.images = self.node.create_publisher(Image, f'{CAMERA.topic}/image_raw', SENSOR)
        self.image, self.sway_rad = view(), 0.0
        self.status = DiagnosticStatus()
        self.node.create_subscription(DiagnosticArray, 'diagnostics', self._on_status, STATE)
        self.client = self.node.create_client(Trigger, 'verify_calibration/check')

    def _on_status(self, msg) -> None:
        self.status = msg.status[0]

    def ask(self, until: str) -> Trigger.Response:
        """Publish and ask until the answer holds some words."""
        deadline = time.monotonic() + 120.0
        answer = Trigger.Response()
        while until not in answer.message:
            self._publish()
            question = Question(self.client, Trigger.Request(), again_s=3.0)
            while not question.is_answered():
                assert time.monotonic() < deadline, f'waited for {until}: {answer.message}'
                self.executor.spin_once(timeout_sec=0.02)
            answer = question.answer
        return answer

    def _publish(self) -> None:
        now_ns = self.node.get_clock().now().nanoseconds
        for k in range(4):
            position = CELL.home + self.sway_rad * k
            # Arm and gripper have drivers of their own.
            for part in (slice(7), slice(7, 8)):
                stamp_ns, measured = now_ns - (4 - k) * 20_000_000, position[part]
                sample = JointSample(stamp_ns, measured, np.zeros(len(measured)))
                self.joints.publish(joints_to_msg(sample, CELL.joint_names[part]))
        self.images.publish(image_to_msg(self.image, now_ns - 30_000_000, CAMERA.frame))


@pytest.fixture
def cell(ros, workspace):
    node = VerifyNode()
    assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS, node.failure
    node.trigger_activate()
    cell = Cell(node)
    yield cell
    node.shut_down()
    cell.executor.shutdown()
    node.destroy_node()
    cell.node.destroy_node()


def test_a_camera_is_good_degraded_or_refused_and_diagnostics_say_so(cell):
    answer = cell.ask('from where it was calibrated')
    assert answer.success
    assert cell.status.level == DiagnosticStatus.OK
    cell.image = view([0.0, 0.004, 0.0, 0.0, 0.0, 0.0])
    answer = cell.ask('good: 1 px')
    assert answer.success, 'a warning does not keep a policy from starting'
    assert cell.status.level == DiagnosticStatus.WARN
    assert float({v.key: v.value for v in cell.status.values}['top.error_px']) > 1.0
    cell.image = view([0.01, 0.0, 0.0, 0.0, 0.0, 0.0])
    answer = cell.ask('allowed: 3 px')
    assert not answer.success
    assert cell.status.level == DiagnosticStatus.ERROR


def test_what_cannot_be_compared_is_refused_with_the_reason(cell):
    assert not cell.ask('no').success
    cell.image = np.full_like(cell.image, 120)
    assert not cell.ask('is not seen in the image').success
    cell.image, cell.sway_rad = view(), 0.01
    assert not cell.ask('the arm moves').success


def test_a_camera_without_calibration_fails_configuration(ros, workspace, monkeypatch, tmp_path):
    monkeypatch.setenv('VLA_WORKSPACE', str(tmp_path / 'empty'))
    monkeypatch.setenv('AMENT_PREFIX_PATH', '')
    node = VerifyNode()
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert node.failure
    node.destroy_node()
