"""A hand takes over on the topics and services of the node, and gives back."""

from moving_robot import CELL
import numpy as np
import pytest
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory
from vla_contract.ros.messages.joints import chunk_to_msg
from vla_contract.ros.qos import COMMAND
from vla_contract.values import ActionChunk, to_ns


class Hand:
    """A teleoperation device beside the robot, which wants the second joint to move."""

    def __init__(self, robot) -> None:
        create = robot.node.create_client
        self.robot = robot
        self.take_over = create(Trigger, 'action_filter/take_over')
        self.hand_back = create(Trigger, 'action_filter/hand_back')
        self.chunks = robot.node.create_publisher(JointTrajectory, 'teleop_chunk', COMMAND)
        robot.wait(lambda: self.chunks.get_subscription_count() == 1)

    def wish(self, offset: float, names=CELL.joint_names) -> None:
        """Want the second joint a little elsewhere than the robot is."""
        robot = self.robot
        points = np.tile(robot.position, (2, 1))
        points[1, 1] += offset
        chunk = ActionChunk(robot.now_ns(), to_ns(0.02), points)
        self.chunks.publish(chunk_to_msg(chunk, names))

    def moves(self, to_rad: float) -> bool:
        """Want it there, and return whether the robot is."""
        self.wish(float(np.clip(to_rad - self.robot.position[1], -0.02, 0.02)))
        return bool(abs(self.robot.position[1] - to_rad) < 0.02)


@pytest.fixture
def hand(robot):
    return Hand(robot)


def test_a_hand_takes_over_moves_and_gives_back(robot, hand):
    robot.send_chunk(0.2)
    robot.wait(lambda: robot.position[0] > 0.05)
    answer = robot.ask(hand.take_over)
    assert (answer.success, answer.message) == (True, 'all joints: a human commands')
    robot.wait(lambda: robot.status.human == ('arm',))
    goal = CELL.home[1] + 0.2
    robot.wait(lambda: hand.moves(goal))
    assert robot.status.counters['takeovers'] == 1
    assert robot.ask(hand.take_over).message == 'all joints: a human commands already'
    assert robot.ask(hand.hand_back).success
    robot.wait(lambda: robot.status.human == ())
    robot.wait(lambda: robot.statuses[-1].startswith('hold'))
    robot.send_chunk(0.0)
    robot.wait(lambda: abs(robot.position[1] - CELL.home[1]) < 0.02)


def test_a_hand_that_names_other_joints_is_refused_in_a_sentence(robot, hand):
    robot.ask(hand.take_over)
    names = ['panda_joint0', *CELL.joint_names[1:]]
    hand.wish(0.1, names)
    robot.wait(lambda: robot.status.counters.get('rejected_teleop_chunks') == 1)
    assert robot.position == pytest.approx(CELL.home)


def test_a_filter_may_begin_with_a_hand(make_robot):
    robot = make_robot(source='human', expected='hold: no teleop_chunk')
    hand = Hand(robot)
    goal = CELL.home[1] - 0.2
    robot.wait(lambda: hand.moves(goal))


def test_two_hands_hold_the_arm(robot, hand):
    robot.ask(hand.take_over)
    second = robot.node.create_publisher(JointTrajectory, 'teleop_chunk', COMMAND)
    robot.wait(lambda: robot.statuses[-1] == 'hold: teleop_chunk has 2 publishers')
    robot.node.destroy_publisher(second)
    robot.wait(lambda: robot.statuses[-1] == 'hold: no teleop_chunk')
