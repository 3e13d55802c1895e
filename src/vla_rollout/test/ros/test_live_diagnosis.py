"""The running episode as the diagnosis sees it."""

import time

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import JointState
from vla_contract.deployment.deployment import load_deployment
from vla_contract.filter_status import (
    FilterStatus,
    NO_REASON,
    Reason,
    ReasonCode,
    Verdict,
)
from vla_contract.ros.messages.images import camera_msg, image_type
from vla_contract.ros.messages.joints import joints_to_msg
from vla_contract.ros.messages.stamps import to_time
from vla_contract.ros.node.diagnostics import Health, OK, status_msg
from vla_contract.ros.qos import COMMAND, SENSOR, STATE
from vla_contract.values import JointSample
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
        self.diagnosis = LiveDiagnosis(self.rollout, DEPLOYMENT, find_healthy(DEPLOYMENT))
        self.cycles = []
        self.diagnosis.see_cycle = self.cycles.append
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self.executor.add_node(self.rollout)
        publish = self.node.create_publisher
        self.status = publish(DiagnosticStatus, 'action_filter/status', STATE)
        self.joints = publish(JointState, 'joint_states', STATE)
        self.desired = publish(JointState, 'action_filter/desired', COMMAND)
        self.action = publish(JointState, 'action_filter/action', COMMAND)
        self.began_ns = 0

    def wait(self, condition, timeout_s=60.0):
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline
            # A callback for each topic of what `send` publishes.
            for _ in range(5):
                self.executor.spin_once(timeout_sec=0.01)

    def send(self, is_holding: bool = False) -> None:
        """Publish a cycle of an arm that stands."""
        now_ns = self.now_ns()
        here = joints_to_msg(self.standing(), CELL.joint_names)
        here.header.stamp = to_time(now_ns)
        self.joints.publish(here)
        status = self.said(now_ns, is_holding)
        health = Health(OK, status.message, status.values())
        self.status.publish(status_msg('action_filter', health))
        if not is_holding:
            self.desired.publish(here)
            self.action.publish(here)

    def said(self, now_ns: int, is_holding: bool) -> FilterStatus:
        if is_holding:
            reason = Reason('no chunk', ReasonCode.NO_CHUNK)
            return FilterStatus(Verdict.HOLD, reason, self.began_ns, now_ns)
        return FilterStatus(Verdict.PASS, NO_REASON, 0, now_ns, is_sending=True)

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


def is_heard(robot) -> bool:
    every = (robot.status, robot.joints, robot.desired, robot.action)
    return all(publisher.get_subscription_count() for publisher in every)


def test_cycles_are_what_the_filter_says_with_what_was_measured_before(robot):
    robot.wait(lambda: is_heard(robot))
    robot.diagnosis.begin()

    def has_cycles() -> bool:
        robot.send()
        return len(robot.cycles) > 20

    robot.wait(has_cycles)
    times = [cycle.now_ns for cycle in robot.cycles]
    assert times == sorted(times)
    for cycle in robot.cycles:
        assert cycle.desired.position == pytest.approx(CELL.home)
        assert cycle.joints.stamp_ns <= cycle.now_ns
        assert cycle.verdict is Verdict.PASS


def test_a_filter_that_holds_at_rest_is_seen_and_so_is_what_it_wants(robot):
    """At rest nothing is sent: its status alone tells that it holds, and since when."""
    robot.wait(lambda: is_heard(robot))
    robot.diagnosis.begin()
    robot.began_ns = robot.now_ns()

    def has_held() -> bool:
        robot.send(is_holding=True)
        return bool(robot.cycles) and robot.cycles[-1].now_ns - robot.began_ns > 500 * MS

    robot.wait(has_held)
    assert {cycle.verdict for cycle in robot.cycles} == {Verdict.HOLD}
    assert {cycle.reason.code for cycle in robot.cycles} == {ReasonCode.NO_CHUNK}


def test_a_camera_that_shows_nothing_is_named_while_the_arm_goes_on(robot):
    (camera,) = CELL.cameras
    images = robot.node.create_publisher(image_type(camera), camera.image_topic, SENSOR)
    black = np.zeros((camera.height, camera.width, 3), dtype=np.uint8)
    del robot.diagnosis.see_cycle
    robot.wait(lambda: is_heard(robot) and images.get_subscription_count())
    robot.diagnosis.begin()
    alarms = []

    def is_named() -> bool:
        robot.send()
        images.publish(camera_msg(camera, black, robot.now_ns()))
        alarms[:] = [alarm.cause.name for alarm in robot.diagnosis.alarms]
        return 'dark_image' in alarms

    robot.wait(is_named)
    assert 'dark_image' in [alarm.cause.name for alarm in robot.diagnosis.end()]


def test_what_is_due_after_the_end_of_an_episode_is_not_its_own(robot):
    robot.wait(lambda: is_heard(robot))
    del robot.diagnosis.see_cycle
    robot.diagnosis.begin()
    # As if the episode had ended before anything was heard of it.
    robot.diagnosis.cease(robot.now_ns())
    assert not robot.diagnosis.has_seen_end
    robot.began_ns = robot.now_ns()

    def has_held() -> bool:
        robot.send(is_holding=True)
        return robot.diagnosis.has_seen_end and robot.now_ns() - robot.began_ns > 1500 * MS

    robot.wait(has_held)
    assert robot.diagnosis.end() == []
    robot.diagnosis.begin()
    assert not robot.diagnosis.has_seen_end
