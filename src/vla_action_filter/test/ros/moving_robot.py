"""A robot that moves as it is told, beside the node."""

import time

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64MultiArray
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory
from vla_action_filter.ros.action_filter_node import ActionFilterNode
from vla_contract.deployment.cell import load_cell
from vla_contract.filter_status import FilterStatus
from vla_contract.ros.messages.filter_status import status_of
from vla_contract.ros.messages.joints import chunk_to_msg, joints_to_msg
from vla_contract.ros.qos import COMMAND, LATCHED, STATE
from vla_contract.stamps import from_stamp
from vla_contract.values import ActionChunk, JointSample, to_ns

CELL = load_cell('panda_table')


class Robot:
    """A robot that is always where it was told to be, and a policy beside it."""

    def __init__(self, executor) -> None:
        self.node = rclpy.create_node('robot')
        self.executor = executor
        executor.add_node(self.node)
        create = self.node.create_publisher
        self.joints = create(JointState, 'joint_states', STATE)
        self.chunks = create(JointTrajectory, 'policy_chunk', COMMAND)
        self.e_stop = create(Bool, 'e_stop', LATCHED)
        self._position = CELL.home
        self.commands: list[JointTrajectory] = []
        self.statuses: list[str] = []
        self.status = FilterStatus(None)
        self.node.create_subscription(
            JointTrajectory,
            'joint_trajectory_controller/joint_trajectory',
            self._on_command,
            COMMAND,
        )
        self.numbers: list[list[float]] = []
        self.node.create_subscription(
            Float64MultiArray,
            'forward_position_controller/commands',
            lambda msg: self.numbers.append(list(msg.data)),
            COMMAND,
        )
        self.node.create_subscription(
            DiagnosticStatus,
            'action_filter/status',
            self._on_status,
            STATE,
        )
        self.reset = self.node.create_client(Trigger, 'action_filter/reset')

    @property
    def position(self) -> np.ndarray:
        """Where the newest trajectory is now."""
        if self.commands:
            msg = self.commands[-1]
            start_ns = from_stamp(msg.header.stamp)
            times = [start_ns + from_stamp(p.time_from_start) for p in msg.points]
            points = np.array([point.positions for point in msg.points])
            now_ns = self.now_ns()
            self._position = np.array([np.interp(now_ns, times, column) for column in points.T])
        return self._position

    @position.setter
    def position(self, position: np.ndarray) -> None:
        """Somebody else moves the arm."""
        self.commands.clear()
        self._position = position

    def rests_silently(self) -> bool:
        """Whether the last trajectory has been played for a while."""
        if not self.commands:
            return True
        msg = self.commands[-1]
        end_ns = from_stamp(msg.header.stamp) + from_stamp(msg.points[-1].time_from_start)
        return self.now_ns() > end_ns + to_ns(0.3)

    def _on_command(self, msg) -> None:
        self.commands.append(msg)

    def _on_status(self, msg) -> None:
        self.statuses.append(msg.message)
        self.status = status_of(msg)

    def now_ns(self) -> int:
        return self.node.get_clock().now().nanoseconds

    def measure(self) -> None:
        sample = JointSample(self.now_ns(), self.position, np.zeros(8))
        self.joints.publish(joints_to_msg(sample, CELL.joint_names))

    def send_chunk(self, offset: float, names=CELL.joint_names) -> None:
        positions = np.tile(CELL.home, (16, 1))
        positions[:, 0] += offset * np.linspace(0.0, 1.0, 16)
        chunk = ActionChunk(self.now_ns(), to_ns(0.1), positions)
        self.chunks.publish(chunk_to_msg(chunk, names))

    def is_reset(self) -> bool:
        """Ask the filter to leave its latch, and return whether it has."""
        return self.ask(self.reset).success

    def ask(self, client) -> Trigger.Response:
        """Call a service, and return its answer."""
        answer = client.call_async(Trigger.Request())
        self.wait(answer.done)
        return answer.result()

    def wait(self, condition, timeout_s: float = 120.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f'condition not met; {self.statuses[-3:]}'
            self.measure()
            self.executor.spin_once(timeout_sec=0.01)


@pytest.fixture
def node(ros):
    node = ActionFilterNode()
    yield node
    node.destroy_node()


@pytest.fixture
def make_robot(node):
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    robot = Robot(executor)

    def make(expected='hold: no chunk', **parameters) -> Robot:
        for name, value in parameters.items():
            node._parameters[name] = Parameter(name, value=value)
        node.trigger_configure()
        node.trigger_activate()
        robot.wait(lambda: robot.statuses and robot.statuses[-1] == expected)
        return robot

    yield make
    node.shut_down()
    executor.shutdown()
    robot.node.destroy_node()


@pytest.fixture
def robot(make_robot):
    robot = make_robot()
    robot.wait(lambda: robot.chunks.get_subscription_count() == 1)
    return robot
