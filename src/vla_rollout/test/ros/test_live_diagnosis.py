"""The running episode as the diagnosis sees it."""

import time

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.deployment import load_deployment
from vla_contract.ros.messages.joints import chunk_to_msg, joints_to_msg
from vla_contract.ros.node.diagnostics import Health, OK, status_msg
from vla_contract.ros.qos import COMMAND, LATCHED, STATE
from vla_contract.values import ActionChunk, JointSample
from vla_rollout.diagnosis.healthy import find_healthy
from vla_rollout.diagnosis.ros.live_diagnosis import LiveDiagnosis

DEPLOYMENT = load_deployment('panda_lift_cube')
CELL = DEPLOYMENT.cell
MS = 1_000_000


class Robot:
    """Says what a filter that is slowed down says, beside who diagnoses it."""

    def __init__(self) -> None:
        self.node = Node('robot')
        self.rollout = Node('rollout')
        self.diagnosis = LiveDiagnosis(self.rollout, CELL, find_healthy(DEPLOYMENT))
        self.cycles = []
        self.diagnosis.see_cycle = self.cycles.append
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self.executor.add_node(self.rollout)
        publish = self.node.create_publisher
        self.speed = publish(Float64, 'speed_scale', LATCHED)
        self.status = publish(DiagnosticStatus, 'action_filter/status', STATE)
        self.joints = publish(JointState, 'joint_states', STATE)
        self.action = publish(JointState, 'action_filter/action', STATE)
        self.chunk = publish(JointTrajectory, 'policy_chunk', COMMAND)

    def wait(self, condition, timeout_s=60.0):
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline
            self.executor.spin_once(timeout_sec=0.01)

    def send(self) -> None:
        """Publish a cycle of an arm that stands."""
        here = joints_to_msg(self.standing(), CELL.joint_names)
        self.joints.publish(here)
        self.status.publish(status_msg('action_filter', Health(OK, 'clamp: velocity', {})))
        self.action.publish(here)

    def standing(self) -> JointSample:
        return JointSample(self.now_ns(), CELL.home, np.zeros(8))

    def now_ns(self) -> int:
        return self.node.get_clock().now().nanoseconds


@pytest.fixture
def robot(ros):
    robot = Robot()
    yield robot
    robot.executor.shutdown()
    robot.rollout.destroy_node()
    robot.node.destroy_node()


def test_a_speed_that_was_said_before_the_episode_counts_in_it(robot):
    robot.speed.publish(Float64(data=0.1))
    every = (robot.speed, robot.status, robot.joints, robot.action, robot.chunk)
    robot.wait(lambda: all(publisher.get_subscription_count() for publisher in every))
    robot.wait(lambda: robot.diagnosis._speed == 0.1)
    robot.diagnosis.begin()

    def has_cycles() -> bool:
        robot.send()
        return len(robot.cycles) > 5

    robot.wait(has_cycles)
    way = CELL.home + 0.1 * np.arange(16)[:, None]
    robot.chunk.publish(chunk_to_msg(ActionChunk(robot.now_ns(), 100 * MS, way), CELL.joint_names))

    def has_played() -> bool:
        robot.send()
        played = [cycle for cycle in robot.cycles if cycle.desired is not None]
        return len(played) > 10 and played[-1].now_ns - played[1].now_ns > 300 * MS

    robot.wait(has_played)
    first, *_, last = [cycle for cycle in robot.cycles if cycle.desired is not None][1:]
    assert last.plan_ns - first.plan_ns < 0.5 * (last.now_ns - first.now_ns)
