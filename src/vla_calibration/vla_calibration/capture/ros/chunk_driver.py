"""Publishes a drive on policy_chunk, and only while there is one.

A second publisher on that topic makes the action filter hold the arm, so the publisher exists
while the arm is driven and no longer.
"""

from collections.abc import Sequence

from rclpy.node import Node
from rclpy.publisher import Publisher
from trajectory_msgs.msg import JointTrajectory
from vla_calibration.capture.pose_drive import PoseDrive
from vla_contract.deployment.cell import Cell
from vla_contract.joints.joint_age import JointAges
from vla_contract.ros.messages.joints import chunk_to_msg
from vla_contract.ros.node.graph_arguments import publishers_of
from vla_contract.ros.qos import COMMAND
from vla_contract.ros.watcher import Watcher
from vla_contract.values import JointSample, Vector

TOPIC = 'policy_chunk'
_PERIOD_S = 0.2
# Time to arrive, to settle and to find the board.
_PATIENCE_S = 10.0


class ChunkDriver:
    """Drives through a list of poses when told to."""

    def __init__(self, node: Node, cell: Cell, poses: Sequence[Vector], speed: float) -> None:
        """Prepare on a node; nothing is published yet."""
        self._node = node
        self._cell = cell
        self._ages = JointAges(cell)
        self._poses = poses
        self._speed = speed
        self._measured: JointSample | None = None
        self._drive: PoseDrive | None = None
        self._publisher: Publisher | None = None
        self._timer = node.create_timer(_PERIOD_S, self._on_timer)
        self._last = ''

    def offer_joints(self, sample: JointSample) -> None:
        """Take in where the arm is."""
        self._measured = sample

    def begin(self, now_ns: int) -> str:
        """Begin the drive; returns why it cannot, empty when it has begun."""
        reason = self._why_not(now_ns)
        if not reason:
            self._publisher = self._node.create_publisher(JointTrajectory, TOPIC, COMMAND)
            self._watcher = Watcher(self._node, 'capture')
            self._drive = PoseDrive(self._cell, self._poses, self._speed, _PATIENCE_S)
        return reason

    def halt(self, now_ns: int) -> None:
        """Bring the arm to rest; the publisher goes at the next tick, after its last message."""
        chunk = self._drive.halt(now_ns) if self._drive else None
        if chunk is not None and self._publisher is not None:
            self._publisher.publish(chunk_to_msg(chunk, self._cell.joint_names))

    def awaits_sample(self, stamp_ns: int) -> bool:
        """Whether an image of this stamp is to become a sample."""
        drive = self._drive
        return drive is not None and not drive.is_done and drive.awaits_sample(stamp_ns)

    def sample_taken(self, now_ns: int) -> None:
        """Go on to the next pose."""
        # Called from the thread that looks at images, while a timer may end the drive.
        drive = self._drive
        if drive is not None:
            drive.sample_taken(now_ns)

    def text(self) -> str:
        """Say where the drive is."""
        return self._drive.text() if self._drive else self._last or 'not driving'

    def close(self) -> None:
        """Publish nothing more."""
        if self._publisher is not None:
            self._node.destroy_publisher(self._publisher)
            self._watcher.close()
        self._last = self._drive.text() if self._drive else self._last
        self._publisher = self._drive = None

    def _why_not(self, now_ns: int) -> str:
        if not self._poses:
            return "the parameter 'poses' names no list of joint poses"
        if self._drive is not None:
            return f'driving already: {self._drive.text()}'
        if self._measured is None:
            return 'no joint_states'
        if problem := self._ages.problem(self._measured, now_ns):
            return problem
        if publishers_of(self._node, TOPIC) > 0:
            return f'{TOPIC} has a publisher already: stop the policy server first'
        if self._node.count_subscribers(TOPIC) == 0:
            return f'no subscriber on {TOPIC}; is action_filter running?'
        return ''

    def _on_timer(self) -> None:
        if self._drive is None or self._measured is None or self._publisher is None:
            return
        now_ns = int(self._node.get_clock().now().nanoseconds)
        others = publishers_of(self._node, TOPIC) - 1
        if others > 0:
            self.halt(now_ns)
            self._node.get_logger().error(f'drive ended: {TOPIC} has {others} other publishers')
        chunk = self._drive.step(now_ns, self._measured.position)
        if chunk is not None:
            self._watcher.beat()
            self._publisher.publish(chunk_to_msg(chunk, self._cell.joint_names))
            return
        self._node.get_logger().info(self._drive.text())
        self.close()
