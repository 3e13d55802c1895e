"""The node verify_calibration: says before each rollout whether the cameras are where they were.

`verify_calibration/check` compares the newest image of every camera; it answers without success
when one has moved too far, or cannot be compared. What it found stays on /diagnostics.
"""

import sys
from typing import Any

import numpy as np
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from vla_calibration.capture.joint_history import JointHistory
from vla_calibration.verify.camera_check import CameraCheck
from vla_calibration.verify.config import VerifyConfig
from vla_calibration.verify.verify import BAD, DEGRADED, Drift
from vla_contract.cameras.calibration_file import resolve_calibration
from vla_contract.deployment.deployment import load_cell_of
from vla_contract.errors import ContractError, VlaError
from vla_contract.joints.joint_messages import merge_msg
from vla_contract.joints.joint_states import JointStateMerge
from vla_contract.ros.listening.joint_states_subscription import subscribe_to_joint_states
from vla_contract.ros.messages.images import image_of, image_type, ImageMessage
from vla_contract.ros.node.diagnostics import DiagnosticsPublisher, ERROR, Health, OK, WARN
from vla_contract.ros.node.lifecycle import run_node, VlaNode
from vla_contract.ros.qos import JOINTS, SENSOR
from vla_contract.stamps import from_stamp
from vla_contract.values import to_ns

_LEVELS = {DEGRADED: WARN, BAD: ERROR}
_HISTORY_S = 10.0


class VerifyNode(VlaNode):
    """Wires the checks of all cameras to topics and one service."""

    settings_type = VerifyConfig

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__('verify_calibration')

    def build(self, settings: VerifyConfig) -> None:
        """Read the calibrations, subscribe and offer the service."""
        cell = load_cell_of(settings.deployment, settings.cell)
        self._cell, self._settings = cell, settings
        names = settings.cameras.split() or [camera.name for camera in cell.cameras]
        self._checks = {
            name: CameraCheck(
                resolve_calibration(f'{cell.name}/{cell.camera(name).name}'),
                cell,
                settings.method,
                settings.silhouette,
                settings.limits,
            )
            for name in names
        }
        self._images: dict[str, ImageMessage] = {}
        self._joints = JointHistory(to_ns(_HISTORY_S))
        self._merge = JointStateMerge(cell)
        self._health = Health(OK, 'not checked yet', {})
        subscribe_to_joint_states(self, cell, self._on_joints, JOINTS)
        for name in names:
            camera = cell.camera(name)
            self.create_subscription(
                image_type(camera),
                camera.image_topic,
                lambda msg, name=name: self._images.update({name: msg}),
                SENSOR,
            )
        self.create_service(Trigger, 'verify_calibration/check', self._on_check)
        self._diagnostics = DiagnosticsPublisher(self, lambda: self._health)

    def _on_joints(self, msg: JointState) -> None:
        try:
            sample = merge_msg(self._merge, msg, self.now_ns())
        except ContractError as error:
            self.get_logger().error(str(error), throttle_duration_sec=5.0)
            return
        if sample is not None:
            self._joints.offer(sample)

    def _on_check(self, request: Any, response: Any) -> Any:
        self._health = self._check_all()
        self._diagnostics.publish()
        response.success = self._health.level != ERROR
        response.message = self._health.message
        return response

    def _check_all(self) -> Health:
        level, sentences = OK, list[str]()
        values: dict[str, Any] = {}
        for name in self._checks:
            try:
                drift = self._check(name)
            except VlaError as error:
                level = ERROR
                sentences.append(f'{name}: {error}')
                continue
            level = max(level, _LEVELS.get(drift.state, OK))
            sentences.append(f'{name}: {drift.reason}')
            values |= {f'{name}.{key}': value for key, value in drift.plain().items()}
        return Health(level, '; '.join(sentences), values)

    def _check(self, name: str) -> Drift:
        """Compare the newest image of a camera; raises VlaError where that is not possible."""
        if not self.is_active or name not in self._images:
            raise VlaError('no image yet' if self.is_active else 'the node is not active')
        msg = self._images[name]
        stamp_ns = from_stamp(msg.header.stamp)
        gap_ns = to_ns(self._cell.deadlines.joint_state_age_s)
        position = self._joints.at(stamp_ns, gap_ns)
        if position is None:
            missing = self._merge.missing or 'no joint_states around the stamp of the image'
            raise VlaError(missing)
        window = self._joints.between(stamp_ns - to_ns(self._settings.still_s), stamp_ns)
        moved = [np.abs(sample.position - position).max() for sample in window]
        if max(moved, default=0.0) > self._settings.still_rad:
            raise VlaError(f'the arm moves ({max(moved):.3f} rad); check while it stands still')
        joints = dict(zip(self._cell.joint_names, position.tolist(), strict=True))
        return self._checks[name].check(image_of(msg), joints)


def main() -> int:
    """Run the node."""
    return run_node(VerifyNode)


if __name__ == '__main__':
    sys.exit(main())
