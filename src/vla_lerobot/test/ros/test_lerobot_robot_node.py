"""The node over LeRobot's own class, and simulated motors on a serial port."""

from pathlib import Path
import time

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import JointState
from so101_double import calibrated, deployment_files, driver_values, hold_all
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_contract.ros.messages.stamps import to_duration, to_time
from vla_contract.ros.qos import COMMAND, STATE
from vla_lerobot.drivers.motors.health import ERROR
from vla_lerobot.drivers.ros.lerobot_robot_node import LerobotRobot
from vla_lerobot.drivers.simulated.port import SimulatedPort
from vla_lerobot.drivers.simulated.so101 import MOTORS, so101_motors
import yaml

pytest.importorskip('scservo_sdk')

SUCCESS = rclpy.lifecycle.TransitionCallbackReturn.SUCCESS
ARM = list(MOTORS[:-1])
CHANNELS = [
    {'name': 'arm', 'kind': 'joint_trajectory', 'controller': 'arm', 'joints': ARM},
    {'name': 'gripper', 'kind': 'forward_position', 'controller': 'hand', 'joints': ['gripper']},
]


class Graph:
    """The driver, and who commands it, in one executor."""

    def __init__(self, folder: Path, channels=None) -> None:
        calibrated(folder)
        self.motors = so101_motors()
        hold_all(self.motors)
        self.port = SimulatedPort(self.motors)
        driver = folder / 'driver.yaml'
        driver.write_text(yaml.safe_dump(driver_values(self.port, folder)))
        values = {
            'deployment': str(deployment_files(folder, channels)),
            'driver': str(driver),
            'command_interface': 'forward',
            'health_period_s': 0.2,
            'reconnect_s': 0.2,
        }
        # Parameters that are fixed while it runs are given when it starts.
        rclpy.try_shutdown()
        given = [word for name, own in values.items() for word in ('-p', f'{name}:={own}')]
        rclpy.init(args=['--ros-args', *given])
        self.node = LerobotRobot()
        self.other = rclpy.create_node('other')
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self.executor.add_node(self.other)
        self.heard: list[JointState] = []
        self.other.create_subscription(JointState, 'joint_states', self.heard.append, STATE)

    def activate(self) -> None:
        assert self.node.trigger_configure() == SUCCESS
        assert self.node.trigger_activate() == SUCCESS, self.node.failure
        self.until(lambda: self.heard)

    def publisher(self, kind, topic):
        publisher = self.other.create_publisher(kind, topic, COMMAND)
        self.until(lambda: publisher.get_subscription_count() == 1)
        return publisher

    def until(self, condition, each=lambda: None, limit_s=60.0) -> None:
        deadline = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < deadline, 'condition not met'
            each()
            self.executor.spin_once(timeout_sec=0.02)

    @property
    def position(self) -> np.ndarray:
        return np.array(self.heard[-1].position)

    @property
    def status(self):
        return self.node._check()

    def release(self, data: bool) -> SetBool.Response:
        client = self.other.create_client(SetBool, 'lerobot_robot/release')
        self.until(client.service_is_ready)
        future = client.call_async(SetBool.Request(data=data))
        self.until(future.done)
        return future.result()

    def close(self) -> None:
        self.node.shut_down()
        self.node.destroy_node()
        self.other.destroy_node()
        self.port.close()


@pytest.fixture
def graph(ros, tmp_path):
    graph = Graph(tmp_path)
    yield graph
    graph.close()


def test_it_publishes_the_joints_of_the_robots_file_and_no_velocity_that_it_has_not(graph):
    graph.activate()
    assert list(graph.heard[-1].name) == list(MOTORS)
    assert graph.position[:5] == pytest.approx(np.zeros(5), abs=0.002)
    assert list(graph.heard[-1].velocity) == []
    assert all(motor.goals == [] for motor in graph.motors)


def test_numbers_move_the_arm_and_after_its_end_the_motors_hold(graph):
    graph.activate()
    publisher = graph.publisher(Float64MultiArray, 'forward_position_controller/commands')
    goal = graph.position + 0.1
    msg = Float64MultiArray(data=[float(value) for value in goal])
    graph.until(
        lambda: np.allclose(graph.position, goal, atol=0.003), lambda: publisher.publish(msg)
    )
    graph.node.shut_down()
    assert all(motor.has_torque for motor in graph.motors)


def test_a_far_first_command_is_refused_in_the_status(graph):
    graph.activate()
    publisher = graph.publisher(Float64MultiArray, 'forward_position_controller/commands')
    msg = Float64MultiArray(data=[1.0, 0.0, 0.0, 0.0, 0.0, 0.5])
    graph.until(
        lambda: 'shoulder_pan by 1.0' in graph.status.message, lambda: publisher.publish(msg)
    )
    assert all(motor.goals == [] for motor in graph.motors)


def test_a_message_with_too_few_numbers_is_refused_in_the_status(graph):
    graph.activate()
    publisher = graph.publisher(Float64MultiArray, 'forward_position_controller/commands')
    msg = Float64MultiArray(data=[0.0])
    graph.until(lambda: 'found 1 numbers' in graph.status.message, lambda: publisher.publish(msg))


def test_channels_of_both_kinds_move_their_joints(ros, tmp_path):
    graph = Graph(tmp_path, CHANNELS)
    try:
        graph.activate()
        arm = graph.publisher(JointTrajectory, 'arm/joint_trajectory')
        hand = graph.publisher(Float64MultiArray, 'hand/commands')
        start, goal = graph.position, graph.position + 0.3
        # Joints in another order than the robot's file has them.
        order = [4, 2, 0, 1, 3]
        msg = JointTrajectory(joint_names=[ARM[k] for k in order])
        for positions, after_ns in ((start, 0), (goal, 800_000_000)):
            point = JointTrajectoryPoint(time_from_start=to_duration(after_ns))
            point.positions = [float(positions[k]) for k in order]
            msg.points.append(point)
        numbers = Float64MultiArray(data=[float(goal[5])])

        def command() -> None:
            hand.publish(numbers)
            # A busy machine may come to a curve when it is over; then it jumps, and is refused.
            if np.allclose(graph.position[:5], start[:5], atol=0.003):
                msg.header.stamp = to_time(graph.node.now_ns() - 10_000_000)
                arm.publish(msg)

        graph.until(lambda: np.allclose(graph.position, goal, atol=0.003), command)
    finally:
        graph.close()


def test_torque_is_taken_and_given_by_the_service_alone(graph):
    graph.activate()
    assert graph.release(True).success
    assert not any(motor.has_torque for motor in graph.motors)
    graph.until(lambda: 'released' in graph.status.message)
    assert graph.release(False).success
    assert all(motor.has_torque for motor in graph.motors)


def test_a_lost_connection_ends_joint_states_and_comes_back_without_motion(graph):
    graph.activate()
    graph.port.is_mute = True
    graph.until(lambda: graph.status.level == (b'\x02'), limit_s=60.0)
    assert 'connection lost' in graph.status.message
    graph.heard.clear()
    graph.port.is_mute = False
    graph.until(lambda: graph.heard)
    assert graph.status.values['reconnects'] == 1
    assert all(motor.goals == [] for motor in graph.motors)


def test_the_temperature_of_a_motor_is_watched(graph):
    graph.activate()
    with graph.port.lock:
        graph.motors[2].memory[63] = 66
    graph.until(lambda: 'elbow_flex is at 66 C' in graph.status.message)
    assert graph.status.level == bytes([ERROR])


def test_without_a_calibration_it_cannot_be_activated_and_says_what_makes_one(graph, tmp_path):
    (tmp_path / 'calibration' / 'double.json').unlink()
    assert graph.node.trigger_configure() == SUCCESS
    assert graph.node.trigger_activate() != SUCCESS
    assert 'lerobot-calibrate' in graph.node.failure


def test_deactivated_it_lets_go_of_the_port_and_the_arm_holds(graph):
    graph.activate()
    assert graph.node.trigger_deactivate() == SUCCESS
    assert all(motor.has_torque for motor in graph.motors)
    assert graph.node.trigger_activate() == SUCCESS
