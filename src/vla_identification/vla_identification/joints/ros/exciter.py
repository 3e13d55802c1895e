"""A node that sways the joints of an arm through the action filter, and records what follows."""

from collections.abc import Sequence
import math
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory
from vla_contract.cli.progress import Progress
from vla_contract.deployment.cell import Camera, Cell
from vla_contract.errors import ContractError, VlaError
from vla_contract.joints.joint_messages import merge_msg
from vla_contract.joints.joint_states import JointStateMerge
from vla_contract.joints.trajectory import chunk_of
from vla_contract.joints.trajectory import JointTrajectory as Motion
from vla_contract.ros.listening.joint_states_subscription import subscribe_to_joint_states
from vla_contract.ros.messages.images import image_of, image_type, ImageMessage
from vla_contract.ros.messages.joints import chunk_to_msg
from vla_contract.ros.node.graph_arguments import publishers_of
from vla_contract.ros.qos import COMMAND, STATE
from vla_contract.ros.watcher import Watcher
from vla_contract.stamps import from_stamp
from vla_contract.values import ActionChunk, to_ns, Vector
from vla_identification.joints.image_motion import shrink
from vla_identification.motion_recording import MotionRecording

# Every sample counts here, also one that waits while an image is shrunk.
_EVERY = QoSProfile(depth=200, reliability=ReliabilityPolicy.BEST_EFFORT)
_EVERY_COMMAND = QoSProfile(depth=200)
_CHUNK_PERIOD_S, _HORIZON_S, _STEP_HZ = 0.2, 1.0, 10.0
# How long nodes may take to be found, and topics to bring something [s].
_PATIENCE_S = 10.0
_STILL_POINTS = 16


class Exciter(Node):
    """Publishes an excitation on policy_chunk and records commands, joint states and images."""

    def __init__(self, cell: Cell, camera: Camera) -> None:
        """Subscribe; nothing is published before `run`."""
        super().__init__('excite_joints')
        self._cell = cell
        self._merge = JointStateMerge(cell)
        self._commands: list[tuple[int, Vector]] = []
        self._measured: list[tuple[int, int, Vector]] = []
        self._images: list[tuple[int, int, Any]] = []
        subscribe_to_joint_states(self, cell, self._on_joints, _EVERY)
        self.create_subscription(
            JointState, 'action_filter/action', self._on_command, _EVERY_COMMAND
        )
        self._filter_says = ''
        self.create_subscription(DiagnosticStatus, 'action_filter/status', self._on_status, STATE)
        self.create_subscription(image_type(camera), camera.image_topic, self._on_image, _EVERY)

    def now_ns(self) -> int:
        """Return the time of the node's clock [ns]."""
        return int(self.get_clock().now().nanoseconds)

    def get_ready(self) -> Vector:
        """Wait for the robot and the filter; returns where the arm stands, shape (D,).

        Raises:
            VlaError: one of them is not there, or somebody else commands the arm.
        """
        if not self._wait(lambda: bool(self._measured and self._filter_says), _PATIENCE_S):
            missing = self._merge.missing or 'no action_filter/status'
            raise VlaError(f'{missing} for {_PATIENCE_S:g} s: start robot and action filter')
        if publishers_of(self, '/clock') > 0:
            self.set_parameters([Parameter('use_sim_time', value=True)])
        if not self._wait(lambda: abs(self.now_ns() - self._measured[-1][0]) < to_ns(1.0), 3.0):
            behind_s = (self.now_ns() - self._measured[-1][0]) / 1e9
            raise VlaError(f'joint_states are stamped {behind_s:.1f} s ago; allowed: 1 s')
        if publishers_of(self, 'policy_chunk') > 0:
            raise VlaError('policy_chunk has a publisher already: stop the policy server first')
        return self._measured[-1][2]

    def run(self, excitation: Motion) -> MotionRecording:
        """Move, and return what was recorded.

        Raises:
            VlaError: somebody else begins to command the arm, or joint_states cease.
        """
        publisher = self.create_publisher(JointTrajectory, 'policy_chunk', COMMAND)
        watcher = Watcher(self, 'excite_joints')
        if not self._wait(lambda: publisher.get_subscription_count() > 0, _PATIENCE_S):
            raise VlaError('no subscriber on policy_chunk; is action_filter running?')
        self._settle(publisher, watcher)
        for kept in (self._commands, self._measured, self._images):
            kept.clear()
        begin_ns = self.now_ns()
        due_s = 0.0
        moved_s, total_s = 0, round(excitation.duration_s)
        with Progress(total_s, 's', 'moving') as progress:
            while (elapsed_s := (self.now_ns() - begin_ns) / 1e9) < excitation.duration_s + 1.0:
                if elapsed_s >= due_s:
                    due_s = elapsed_s + _CHUNK_PERIOD_S
                    self._require_alone_and_alive()
                    chunk = chunk_of(excitation, begin_ns, self.now_ns(), _STEP_HZ, _HORIZON_S)
                    watcher.beat()
                    publisher.publish(chunk_to_msg(chunk, self._cell.joint_names))
                    progress.update(min(int(elapsed_s), total_s) - moved_s)
                    moved_s = min(int(elapsed_s), total_s)
                rclpy.spin_once(self, timeout_sec=0.01)
        self.destroy_publisher(publisher)
        watcher.close()
        return self._recording(excitation, begin_ns)

    def _settle(self, publisher: Publisher, watcher: Watcher) -> None:
        """Have the arm stand still until the filter commands: arming moves one that sags.

        Raises:
            VlaError: the filter commands nothing; says what it says.
        """
        still = np.tile(self._measured[-1][2], (_STILL_POINTS, 1))
        asked_s = -math.inf
        self._commands.clear()

        def has_settled() -> bool:
            nonlocal asked_s
            if time.monotonic() - asked_s > _CHUNK_PERIOD_S:
                asked_s = time.monotonic()
                chunk = ActionChunk(self.now_ns(), to_ns(1.0 / _STEP_HZ), still)
                watcher.beat()
                publisher.publish(chunk_to_msg(chunk, self._cell.joint_names))
            return len(self._commands) >= self._cell.rates.filter_hz

        if not self._wait(has_settled, _PATIENCE_S):
            raise VlaError(f'the filter commands nothing: {self._filter_says}')

    def _require_alone_and_alive(self) -> None:
        if publishers_of(self, 'policy_chunk') > 1:
            raise VlaError('policy_chunk has another publisher now: the filter holds the arm')
        if self._measured and self.now_ns() - self._measured[-1][0] > to_ns(2.0):
            raise VlaError('no joint_states for 2 s')

    def _recording(self, excitation: Motion, begin_ns: int) -> MotionRecording:
        if len(self._commands) < 2 or len(self._measured) < 2:
            raise VlaError('the action filter or the robot fell silent: nothing was recorded')
        commands, measured, images = (
            _in_order(kept) for kept in (self._commands, self._measured, self._images)
        )
        command_ns, command = zip(*commands, strict=True)
        measured_ns, arrived_ns, positions = zip(*measured, strict=True)
        plan = [excitation.at((stamp - begin_ns) / 1e9) for stamp in command_ns]
        seen = tuple(zip(*images, strict=True)) or ((), (), ())

        def seconds(stamps: Sequence[int]) -> Vector:
            after: Vector = (np.array(stamps, dtype=np.float64) - begin_ns) / 1e9
            return after

        return MotionRecording(
            names=self._cell.joint_names,
            command_s=seconds(command_ns),
            command=np.array(command),
            measured_s=seconds(measured_ns),
            measured=np.array(positions),
            plan=np.array(plan),
            image_s=seconds(seen[0]),
            images=np.array(seen[2], dtype=np.uint8),
            image_delivery_s=seconds(seen[1]) - seconds(seen[0]),
            measured_delivery_s=seconds(arrived_ns) - seconds(measured_ns),
        )

    def _on_status(self, msg: DiagnosticStatus) -> None:
        self._filter_says = msg.message

    def _on_joints(self, msg: JointState) -> None:
        try:
            sample = merge_msg(self._merge, msg, self.now_ns())
        except ContractError as error:
            self.get_logger().error(str(error), throttle_duration_sec=5.0)
            return
        if sample is not None:
            self._measured.append((sample.stamp_ns, self.now_ns(), sample.position))

    def _on_command(self, msg: JointState) -> None:
        self._commands.append((from_stamp(msg.header.stamp), np.array(msg.position)))

    def _on_image(self, msg: ImageMessage) -> None:
        now_ns = self.now_ns()
        self._images.append((from_stamp(msg.header.stamp), now_ns, shrink(image_of(msg))))

    def _wait(self, condition: Any, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while not condition() and time.monotonic() < deadline:
            rclpy.spin_once(self, timeout_sec=0.05)
        return bool(condition())


def _in_order(kept: list[Any]) -> list[Any]:
    """Return what was recorded by stamp, each stamp once."""
    return [kept_by_stamp for _, kept_by_stamp in sorted({k[0]: k for k in kept}.items())]
