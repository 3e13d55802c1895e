"""The node capture: takes calibration samples from a running robot and camera."""

from datetime import datetime
import math
from pathlib import Path
import sys
import threading
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_srvs.srv import Trigger
from vla_calibration.capture.annotate import annotate, progress_line
from vla_calibration.capture.capture import Capture
from vla_calibration.capture.config import CaptureConfig
from vla_calibration.capture.pose_list import load_poses
from vla_calibration.capture.ros.chunk_driver import ChunkDriver
from vla_calibration.capture.ros.lens_message import lens_from_msg
from vla_calibration.capture.ros.newest_frame import NewestFrame
from vla_calibration.capture.sample_store import SampleStore
from vla_calibration.capture.session import (
    make_session,
    next_command,
    session_camera,
    session_folder,
)
from vla_contract.deployment.deployment import load_cell_of
from vla_contract.errors import ContractError, VlaError
from vla_contract.joints.joint_messages import merge_msg
from vla_contract.joints.joint_states import JointStateMerge
from vla_contract.ros.listening.joint_states_subscription import subscribe_to_joint_states
from vla_contract.ros.messages.images import image_of, image_to_msg, image_type, ImageMessage
from vla_contract.ros.messages.stamps import to_time
from vla_contract.ros.node.built import built
from vla_contract.ros.node.diagnostics import DiagnosticsPublisher, Health, OK, status_msg, WARN
from vla_contract.ros.node.lifecycle import run_node, VlaNode
from vla_contract.ros.qos import LATCHED, SENSOR, STATE
from vla_contract.stamps import from_stamp
from vla_contract.values import JointSample, to_ns

_STATUS_PERIOD_S = 0.5


class CaptureNode(VlaNode):
    """Wires a capture session to topics and services; the core decides what counts."""

    settings_type = CaptureConfig

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__('capture')
        self._frames: NewestFrame | None = None
        self._driver: ChunkDriver | None = None
        self._lock = threading.Lock()

    def build(self, settings: CaptureConfig) -> None:
        """Open the session's folder, publish and subscribe."""
        cell = load_cell_of(settings.deployment, settings.cell)
        self._cell = cell
        camera = session_camera(cell, settings)
        poses = load_poses(Path(settings.poses), cell) if settings.poses else []
        folder = session_folder(cell, settings, datetime.now())
        store = SampleStore(folder, make_session(cell, settings))
        self._capture = Capture(cell, settings, store, poses)
        self._folder = folder
        self._next_command = next_command(folder, settings)
        self._points = settings.board_object.points()
        self._frame_id = camera.frame
        self._annotate_ns = to_ns(1.0 / settings.annotate_hz)
        self._annotated_ns = 0
        self._taken = len(store)
        self._measured: JointSample | None = None
        self._merge = JointStateMerge(cell)
        self._image_pub = self.create_publisher(Image, 'capture/image_annotated', SENSOR)
        self._status_pub = self.create_publisher(DiagnosticStatus, 'capture/status', STATE)
        self._next_pub = self.create_publisher(JointState, 'capture/next_view', LATCHED)
        self._diagnostics = DiagnosticsPublisher(self, self._check)
        for verb in ('start', 'stop', 'undo', 'take', 'drive'):
            self.create_service(Trigger, f'capture/{verb}', getattr(self, f'_on_{verb}'))
        self._driver = ChunkDriver(self, cell, poses, settings.drive_speed)
        subscribe_to_joint_states(self, cell, self._on_joints, SENSOR)
        self.create_subscription(CameraInfo, f'{camera.topic}/camera_info', self._on_info, SENSOR)
        self.create_subscription(image_type(camera), camera.image_topic, self._on_image, SENSOR)
        self.create_timer(_STATUS_PERIOD_S, self._publish_status)
        self._frames = NewestFrame(self._look, self._on_look_failed)

    def start(self) -> None:
        """Look at images; samples are taken when asked."""
        self.get_logger().info(f'samples go to {self._folder}; call capture/start or capture/take')

    def stop(self) -> None:
        """Stop a drive; what was taken is on the disk already.

        After Ctrl-C nothing can be published any more: the filter brakes by itself, when the
        last chunk ends.
        """
        self._capture.is_running = False
        if self.context.ok():
            built(self._driver).halt(self.now_ns())
            self._publish_status()

    def destroy(self) -> None:
        """End the thread."""
        if self._frames is not None:
            self._frames.close()
            self._frames = None
        if self._driver is not None:
            self._driver.close()
            self._driver = None

    def _on_joints(self, msg: JointState) -> None:
        try:
            self._measured = merge_msg(self._merge, msg, self.now_ns())
        except ContractError as error:
            self.get_logger().error(str(error), throttle_duration_sec=5.0)
            return
        if self._measured is None:
            return
        self._capture.offer_joints(self._measured)
        built(self._driver).offer_joints(self._measured)

    def _on_info(self, msg: CameraInfo) -> None:
        try:
            lens = lens_from_msg(msg)
            if lens is not None and self._capture.lens is None:
                with self._lock:
                    self._capture.set_lens(lens)
        except VlaError as error:
            self.get_logger().error(f'camera_info refused: {error}', throttle_duration_sec=5.0)

    def _on_image(self, msg: ImageMessage) -> None:
        if self.is_active:
            built(self._frames).offer(msg)

    def _look(self, msg: ImageMessage) -> None:
        """Work on one image, in the thread of the frames."""
        try:
            image = image_of(msg)
        except ContractError as error:
            self.get_logger().error(str(error), throttle_duration_sec=5.0)
            return
        stamp_ns = from_stamp(msg.header.stamp)
        with self._lock:
            look = self._capture.look(stamp_ns, image)
            if not look.reasons and built(self._driver).awaits_sample(stamp_ns):
                self._capture.take()
                built(self._driver).sample_taken(self.now_ns())
            if abs(stamp_ns - self._annotated_ns) >= self._annotate_ns:
                self._annotated_ns = stamp_ns
                self._publish_annotated(stamp_ns)
            self._announce()

    def _on_look_failed(self, reason: str) -> None:
        # While the process ends, publishing fails; that is no failure of the node.
        if self.context.ok():
            self.fail(f'looking at an image failed: {reason}')

    def _publish_annotated(self, stamp_ns: int) -> None:
        if self._image_pub.get_subscription_count() == 0:
            return
        capture, proposal = self._capture, self._capture.proposal
        picture = annotate(
            built(capture.last), capture.progress(), capture.coverage, capture.lens,
            proposal.candidate.T_camera_board if proposal else None, self._points,
            capture.is_running,
        )  # fmt: skip
        self._image_pub.publish(image_to_msg(picture, stamp_ns, self._frame_id))

    def _announce(self) -> None:
        """Tell about samples that came or went, and publish where to go next."""
        progress = self._capture.progress()
        if progress.taken == self._taken:
            return
        self._taken = progress.taken
        self.get_logger().info(progress_line(progress))
        if progress.is_complete:
            self.get_logger().info(f'complete; next: {self._next_command}')
        proposal = self._capture.proposal
        if proposal is not None:
            msg = JointState(name=list(self._cell.joint_names))
            msg.header.stamp = to_time(self.now_ns())
            msg.position = proposal.candidate.position.tolist()
            self._next_pub.publish(msg)

    def _on_start(self, request: Any, response: Any) -> Any:
        return self._answer(response, self._begin(), 'taking every view that is still and new')

    def _begin(self) -> str:
        if not self.is_active:
            return 'the node is not active'
        self._capture.is_running = True
        return ''

    def _on_stop(self, request: Any, response: Any) -> Any:
        self._capture.is_running = False
        built(self._driver).halt(self.now_ns())
        return self._answer(response, '', self._line())

    def _on_take(self, request: Any, response: Any) -> Any:
        with self._lock:
            reason = self._capture.take() if self.is_active else 'the node is not active'
            self._announce()
        return self._answer(response, reason, self._line())

    def _on_undo(self, request: Any, response: Any) -> Any:
        with self._lock:
            reason = '' if self._capture.undo() else 'there is no sample to take back'
            self._announce()
        return self._answer(response, reason, self._line())

    def _on_drive(self, request: Any, response: Any) -> Any:
        """Drive through the poses: the call is the permission."""
        reason = 'the node is not active'
        if self.is_active:
            reason = built(self._driver).begin(self.now_ns())
        return self._answer(response, reason, built(self._driver).text())

    def _answer(self, response: Any, reason: str, done: str) -> Any:
        response.success, response.message = not reason, reason or done
        return response

    def _line(self) -> str:
        return progress_line(self._capture.progress())

    def _publish_status(self) -> None:
        self._status_pub.publish(status_msg('capture', self._check()))
        if sys.stderr.isatty():
            print(f'\r\033[K{self._line()}  {self._check().message}', end='', file=sys.stderr)

    def _check(self) -> Health:
        if not self.is_active:
            return Health(OK, 'inactive', {})
        look, progress = self._capture.last, self._capture.progress()
        message = 'no image yet' if look is None else '; '.join(look.reasons) or 'ready'
        geometry = look.geometry if look else None
        sigma_mm = progress.sigma_mm
        values = {
            'folder': self._folder,
            'running': self._capture.is_running,
            'taken': progress.taken,
            'wanted': progress.wanted,
            'complete': progress.is_complete,
            'covered_percent': 100.0 * progress.covered,
            'tilted': progress.tilted,
            'predicted_sigma_mm': sigma_mm if sigma_mm and math.isfinite(sigma_mm) else None,
            'turned_deg': progress.turned_deg,
            'blur_px': look.blur_px if look and np.isfinite(look.blur_px) else None,
            'tilt_deg': geometry.tilt_deg if geometry else None,
            'distance_m': geometry.distance_m if geometry else None,
            'problem': progress.problem,
            'drive': built(self._driver).text(),
        }
        return Health(WARN if progress.problem else OK, message, values)


def main() -> int:
    """Run the node."""
    return run_node(CaptureNode)


if __name__ == '__main__':
    sys.exit(main())
