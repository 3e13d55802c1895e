"""The real filter process between a policy and drivers, publishers of stops, all played here."""

from collections.abc import Callable, Iterator
import contextlib
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.cell import load_cell
from vla_contract.ros.messages.joints import chunk_to_msg
from vla_contract.ros.messages.stamps import to_time
from vla_contract.values import ActionChunk, to_ns

CELL = load_cell('panda_table')
NAMES = CELL.joint_names
ARM, GRIPPER = NAMES[:7], NAMES[7:]
STANDS_BY = 'hold: no chunk'


class Rig:
    """An arm and a gripper with drivers of their own, that are where the filter tells them to be.

    Attributes:
        ahead_s: how far drivers stamp ahead of time; None to stamp with 0.
        effort: of the arm [Nm]; that of the gripper is NaN, as of an interface that is not there.
        driving: whether a policy sends a sway of joint 1.
        is_silent: whether the drivers are dead.
        status: what the filter says.
        values: what it says beside.
        moved: largest distance of joint 1 from where it began [rad].
    """

    def __init__(self, process: 'subprocess.Popen[bytes]') -> None:
        self.process = process
        self.executor = SingleThreadedExecutor()
        self.nodes: dict[str, Node] = {}
        # In a thread of their own: drivers do not wait for buttons that are made.
        self.node = rclpy.create_node('driver')
        self._drivers = SingleThreadedExecutor()
        self._drivers.add_node(self.node)
        self._thread = threading.Thread(target=self._drivers.spin, daemon=True)
        self.ahead_s: float | None = 0.0
        self.effort = np.full(7, 5.0)
        self.driving = self.is_silent = False
        self.status, self.values, self.moved = '', {}, 0.0
        self._position = CELL.home.copy()
        create = self.node.create_publisher
        self._arm = create(JointState, 'joint_states', 10)
        self._gripper = create(JointState, 'joint_states', 10)
        self._chunks = create(JointTrajectory, 'policy_chunk', 10)
        self.node.create_subscription(
            DiagnosticStatus, 'action_filter/status', self._on_status, 10
        )
        self.node.create_subscription(JointState, 'action_filter/action', self._on_action, 10)
        # The controller: what it gets is seen by what the arm is told.
        commands = 'joint_trajectory_controller/joint_trajectory'
        self.node.create_subscription(JointTrajectory, commands, lambda msg: None, 10)
        self._reset = self.node.create_client(Trigger, 'action_filter/reset')
        self.node.create_timer(0.01, self.send_arm)
        self.node.create_timer(1 / 30, self._send_gripper)
        self.node.create_timer(0.2, self._send_chunk)
        self._thread.start()

    def close(self) -> None:
        """End every node."""
        self.executor.shutdown()
        self._drivers.shutdown()
        self._thread.join(60.0)
        for node in (self.node, *self.nodes.values()):
            node.destroy_node()

    def join(self, name: str) -> Node:
        """Return a new node."""
        self.nodes[name] = node = rclpy.create_node(name)
        self.executor.add_node(node)
        return node

    def leave(self, name: str) -> None:
        """End a node."""
        node = self.nodes.pop(name)
        self.executor.remove_node(node)
        node.destroy_node()

    def button(self, name: str, qos: Any) -> Any:
        """Return a publisher of e_stop in a node of its own that the filter has found."""
        publisher = self.join(name).create_publisher(Bool, 'e_stop', qos)
        self.wait(lambda: publisher.get_subscription_count() > 0)
        return publisher

    def wait(self, condition: Callable[[], object], timeout_s: float = 30.0) -> float:
        """Spin until a condition holds; returns how long it took [s]."""
        begin = time.monotonic()
        while not condition():
            assert self.process.poll() is None, 'the filter has ended'
            assert time.monotonic() - begin < timeout_s, f'not in time; status {self.status!r}'
            self.executor.spin_once(timeout_sec=0.01)
        return time.monotonic() - begin

    def wait_for_status(self, text: str, timeout_s: float = 30.0) -> float:
        """Wait until the filter says something that begins so; returns how long it took [s]."""
        return self.wait(lambda: self.status.startswith(text), timeout_s)

    def drive(self) -> None:
        """Have the policy move the arm, until it moves."""
        self.moved, self.driving = 0.0, True
        self.wait(lambda: self.moved > 0.05)

    def reset(self) -> Trigger.Response:
        """Ask the filter to leave its latch."""
        answer = self._reset.call_async(Trigger.Request())
        self.wait(answer.done)
        return answer.result()

    def send_arm(self) -> None:
        """Publish what the driver of the arm measures."""
        if not self.is_silent:
            self._arm.publish(self._measured(ARM, self._position[:7], self.effort))

    def _send_gripper(self) -> None:
        if not self.is_silent:
            self._gripper.publish(self._measured(GRIPPER, self._position[7:], [np.nan]))

    def _measured(self, names: Any, position: Any, effort: Any) -> JointState:
        msg = JointState(name=list(names), position=list(position), effort=list(effort))
        if self.ahead_s is not None:
            now_ns = self.node.get_clock().now().nanoseconds
            msg.header.stamp = to_time(now_ns + to_ns(self.ahead_s))
        return msg

    def _send_chunk(self) -> None:
        if self.driving:
            times_s = time.monotonic() + 0.1 * np.arange(16)
            points = np.tile(CELL.home, (16, 1))
            points[:, 0] += 0.2 * np.sin(2.0 * times_s)
            now_ns = self.node.get_clock().now().nanoseconds
            self._chunks.publish(chunk_to_msg(ActionChunk(now_ns, to_ns(0.1), points), NAMES))

    def _on_action(self, msg: JointState) -> None:
        self._position = np.array(msg.position)
        self.moved = max(self.moved, abs(float(self._position[0] - CELL.home[0])))

    def _on_status(self, msg: DiagnosticStatus) -> None:
        self.status = msg.message
        self.values = {value.key: value.value for value in msg.values}


@contextlib.contextmanager
def running_filter(*parameters: str) -> Iterator[Rig]:
    """Run the node action_filter in a process of its own beside a rig; rclpy must be initialised.

    Args:
        parameters: of the node, 'name:=value'.
    """
    given = ('autostart:=true', 'realtime_priority:=0', *parameters)
    command = [sys.executable, '-m', 'vla_action_filter.ros.action_filter_node', '--ros-args']
    command += [word for each in given for word in ('-p', each)]
    process = subprocess.Popen(
        command, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    )
    rig = Rig(process)
    try:
        yield rig
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        rig.close()
