import time

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_contract.contract import load_contract
from vla_contract.ros.joint_conversion import joints_to_msg
from vla_contract.ros.qos import COMMAND, STATE
from vla_contract.ros.stamps import from_stamp
from vla_contract.share import find_config
from vla_contract.values import JointSample
from vla_policy_server.ros.policy_server_node import PolicyServer

CONTRACT = load_contract('panda_2f85')


class Robot:
    """Publishes joint states and collects what the server says."""

    def __init__(self, executor) -> None:
        self.node = rclpy.create_node('robot')
        self.executor = executor
        executor.add_node(self.node)
        self.joints = self.node.create_publisher(JointState, 'joint_states', STATE)
        self.chunks, self.actions = [], []
        self.node.create_subscription(JointTrajectory, 'policy_chunk', self.chunks.append, COMMAND)
        self.node.create_subscription(
            JointTrajectoryPoint, 'policy_action', self.actions.append, COMMAND
        )

    def measure(self, names=CONTRACT.joint_names, position=CONTRACT.home) -> None:
        now_ns = self.node.get_clock().now().nanoseconds
        sample = JointSample(now_ns, position, np.zeros(len(position)))
        self.joints.publish(joints_to_msg(sample, names))

    def wait(self, condition, act=lambda: None, timeout_s: float = 20.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, 'condition not met in time'
            act()
            self.executor.spin_once(timeout_sec=0.02)


@pytest.fixture
def server(ros):
    node = PolicyServer()
    yield node
    node.shut_down()
    node.destroy_node()


@pytest.fixture
def robot(server):
    executor = SingleThreadedExecutor()
    executor.add_node(server)
    robot = Robot(executor)
    yield robot
    executor.shutdown()
    robot.node.destroy_node()


def use(server, **values) -> None:
    for name, value in values.items():
        server._parameters[name] = Parameter(name, value=value)


def test_chunks_carry_the_observations_stamp_and_the_contracts_names(server, robot):
    use(server, backend='hold', policy_path='')
    assert server.trigger_configure() == TransitionCallbackReturn.SUCCESS
    server.trigger_activate()
    robot.wait(lambda: robot.chunks, robot.measure)
    chunk = robot.chunks[0]
    assert tuple(chunk.joint_names) == CONTRACT.joint_names
    assert from_stamp(chunk.points[1].time_from_start) == 100_000_000
    now_ns = robot.node.get_clock().now().nanoseconds
    assert 0 <= now_ns - from_stamp(chunk.header.stamp) < 10_000_000_000
    robot.wait(lambda: robot.actions, robot.measure)
    assert list(robot.actions[0].positions) == pytest.approx(CONTRACT.home.tolist())


def test_permuted_joint_states_are_read_by_name(server, robot):
    use(server, backend='hold', policy_path='')
    server.trigger_configure()
    server.trigger_activate()
    names, position = CONTRACT.joint_names[::-1], CONTRACT.home[::-1]
    robot.wait(lambda: robot.chunks, lambda: robot.measure(names, position))
    assert list(robot.chunks[0].points[0].positions) == pytest.approx(CONTRACT.home.tolist())


def test_policy_action_follows_the_contracts_action_names(server, robot, tmp_path):
    text = find_config('robots', 'panda_2f85').read_text()
    action = text[text.index('action:') :]
    swapped = action.replace('[panda_joint1, panda_joint2', '[panda_joint2, panda_joint1', 1)
    (tmp_path / 'robot.yaml').write_text(text.replace(action, swapped))
    use(server, robot=str(tmp_path / 'robot.yaml'), backend='hold', policy_path='')
    assert server.trigger_configure() == TransitionCallbackReturn.SUCCESS
    server.trigger_activate()
    robot.wait(lambda: robot.actions, robot.measure)
    expected = CONTRACT.home[[1, 0, 2, 3, 4, 5, 6, 7]]
    assert list(robot.actions[0].positions) == pytest.approx(expected.tolist())


def test_joint_states_without_a_joint_give_no_chunk_and_a_reason(server, robot):
    use(server, backend='hold', policy_path='')
    server.trigger_configure()
    server.trigger_activate()
    robot.wait(
        lambda: server._rejected_messages,
        lambda: robot.measure(CONTRACT.joint_names[:7], CONTRACT.home[:7]),
    )
    assert robot.chunks == []
    assert server._check().message == 'waiting: no joint_states'


def test_a_checkpoint_that_does_not_exist_fails_configuration(server):
    use(server, backend='lerobot', policy_path='./nowhere')
    assert server.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert "checkpoint './nowhere' not found" in server.failure


def test_deactivated_it_publishes_nothing(server, robot):
    use(server, backend='hold', policy_path='')
    server.trigger_configure()
    server.trigger_activate()
    robot.wait(lambda: robot.chunks, robot.measure)
    server.trigger_deactivate()
    robot.executor.spin_once(timeout_sec=0.2)
    robot.chunks.clear()
    sent = [0]

    def act():
        robot.measure()
        sent[0] += 1

    robot.wait(lambda: sent[0] > 60, act)
    assert robot.chunks == []
