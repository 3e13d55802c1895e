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
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_action_filter.ros.action_filter_node import ActionFilterNode
from vla_contract.contract import load_contract
from vla_contract.ros.joint_conversion import chunk_to_msg, joints_to_msg, point_to_msg
from vla_contract.ros.qos import COMMAND, LATCHED, STATE
from vla_contract.values import ActionChunk, JointSample, to_ns

CONTRACT = load_contract('panda_2f85')


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
        self.position = CONTRACT.home
        self.commands: list[np.ndarray] = []
        self.statuses: list[str] = []
        self.node.create_subscription(
            JointTrajectory,
            'joint_trajectory_controller/joint_trajectory',
            self._on_command,
            COMMAND,
        )
        self.node.create_subscription(
            DiagnosticStatus,
            'action_filter/status',
            lambda msg: self.statuses.append(msg.message),
            STATE,
        )
        self.reset = self.node.create_client(Trigger, 'action_filter/reset')

    def _on_command(self, msg) -> None:
        self.position = np.array(msg.points[0].positions)
        self.commands.append(self.position)

    def now_ns(self) -> int:
        return self.node.get_clock().now().nanoseconds

    def measure(self) -> None:
        sample = JointSample(self.now_ns(), self.position, np.zeros(8))
        self.joints.publish(joints_to_msg(sample, CONTRACT.joint_names))

    def send_chunk(self, offset: float, names=CONTRACT.joint_names) -> None:
        positions = np.tile(CONTRACT.home, (16, 1))
        positions[:, 0] += offset * np.linspace(0.0, 1.0, 16)
        chunk = ActionChunk(self.now_ns(), to_ns(0.1), positions)
        self.chunks.publish(chunk_to_msg(chunk, names))

    def is_reset(self) -> bool:
        """Ask the filter to leave its latch, and return whether it has."""
        answer = self.reset.call_async(Trigger.Request())
        self.wait(answer.done)
        return answer.result().success

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

    def make(**parameters) -> Robot:
        for name, value in parameters.items():
            node._parameters[name] = Parameter(name, value=value)
        node.trigger_configure()
        node.trigger_activate()
        robot.wait(lambda: robot.statuses and robot.statuses[-1] == 'hold: no chunk')
        return robot

    yield make
    node.shut_down()
    executor.shutdown()
    robot.node.destroy_node()


@pytest.fixture
def robot(make_robot):
    robot = make_robot()
    robot.wait(lambda: robot.commands and robot.chunks.get_subscription_count() == 1)
    return robot


def test_the_first_command_is_the_measured_position(robot):
    assert robot.commands[0] == pytest.approx(CONTRACT.home)


def test_a_chunk_moves_the_arm_and_its_end_is_held(robot):
    robot.send_chunk(0.2)
    robot.wait(lambda: robot.position[0] > 0.15)
    robot.wait(lambda: robot.statuses[-1] == 'hold: chunk stale')
    still = robot.position[0]
    robot.commands.clear()
    robot.wait(lambda: len(robot.commands) > 10)
    assert robot.position[0] == pytest.approx(still, abs=0.05)


def test_activated_at_once_it_waits_for_an_arm_that_follows_late(node, make_robot, monkeypatch):
    robot = make_robot(tracking_latency_s=2.0)
    robot.send_chunk(1.0)
    robot.wait(lambda: robot.position[0] > 0.05)
    node.trigger_deactivate()
    stopped_ns = robot.now_ns()
    told = []
    monkeypatch.setattr(
        node, '_publish_command', lambda command, now_ns: told.append((now_ns, command))
    )
    node.trigger_activate()
    robot.position = robot.position + 0.1  # where it gets to while nothing is commanded
    robot.wait(lambda: told)
    assert told[0][0] - stopped_ns >= 1_900_000_000
    assert told[0][1] == pytest.approx(robot.position)


def test_wrong_joint_names_are_refused(robot):
    robot.send_chunk(0.5, names=['x', *CONTRACT.joint_names[1:]])
    robot.commands.clear()
    robot.wait(lambda: len(robot.commands) > 20)
    assert robot.position == pytest.approx(CONTRACT.home)
    assert robot.statuses[-1] == 'hold: no chunk'


def test_e_stop_latches_until_the_reset_service(robot):
    robot.send_chunk(1.0)
    robot.wait(lambda: robot.position[0] > 0.05)
    robot.e_stop.publish(Bool(data=True))
    robot.wait(lambda: robot.statuses[-1] == 'latched: e_stop')
    assert not robot.is_reset()
    robot.e_stop.publish(Bool(data=False))
    robot.wait(lambda: robot.statuses[-1].startswith('latched: e_stop released'))
    still = robot.position[0]
    robot.wait(robot.is_reset)
    robot.wait(lambda: robot.statuses[-1] == 'hold: no chunk')
    assert robot.position[0] == pytest.approx(still, abs=1e-6)


def test_two_publishers_of_chunks_hold_the_arm(robot):
    robot.send_chunk(1.0)
    robot.wait(lambda: robot.position[0] > 0.05)
    second = robot.node.create_publisher(JointTrajectory, 'policy_chunk', COMMAND)
    robot.wait(lambda: robot.statuses[-1] == 'hold: policy_chunk has 2 publishers')
    robot.node.destroy_publisher(second)
    robot.wait(lambda: robot.statuses[-1] == 'hold: no chunk')


def test_single_actions_are_taken_when_told(make_robot):
    robot = make_robot(input='policy_action')
    actions = robot.node.create_publisher(JointTrajectoryPoint, 'policy_action', COMMAND)
    robot.wait(lambda: actions.get_subscription_count() == 1)
    target = CONTRACT.home.copy()
    target[0] = 0.1
    actions.publish(point_to_msg(target, to_ns(0.1)))
    robot.wait(lambda: abs(robot.position[0] - 0.1) < 0.01)


def test_a_dry_run_reports_and_commands_nothing(make_robot):
    robot = make_robot(dry_run=True)
    robot.wait(lambda: robot.chunks.get_subscription_count() == 1)
    robot.send_chunk(0.3)
    robot.wait(lambda: {'pass', 'hold: chunk stale'} <= set(robot.statuses))
    assert robot.commands == []


def test_plain_numbers_are_commanded_when_told(make_robot):
    robot = make_robot(command_interface='forward')
    numbers = []
    robot.node.create_subscription(
        Float64MultiArray,
        'forward_position_controller/commands',
        lambda msg: numbers.append(list(msg.data)),
        COMMAND,
    )
    robot.wait(lambda: numbers)
    assert numbers[0] == pytest.approx(CONTRACT.home.tolist())
    assert robot.commands == []
