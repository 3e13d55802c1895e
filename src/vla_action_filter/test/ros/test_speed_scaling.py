"""What a robot says of its speed reaches the channel of its controller."""

from dataclasses import replace
import time

import pytest
import rclpy
from std_msgs.msg import Float64
from vla_action_filter.ros.channels.gripper_sender import GripperSender
from vla_action_filter.ros.channels.sender import SilentSender
from vla_action_filter.ros.channels.speed_scaling import SpeedScaling
from vla_action_filter.ros.channels.trajectory_sender import TrajectorySender
from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.channels import Channel

CELL = load_cell('panda_table')
ARM = Channel('arm', 'joint_trajectory', CELL.joint_names, 'left/arm', speed_scaling='speed')


@pytest.fixture
def node(ros):
    node = rclpy.create_node('filter')
    yield node
    node.destroy_node()


def say_until(node, percent, condition) -> None:
    """Publish as the broadcaster in the controller's namespace, until a condition holds."""
    publisher = node.create_publisher(Float64, 'left/speed', 1)
    end_s = time.monotonic() + 20.0
    while not condition():
        assert time.monotonic() < end_s, 'it was not heard'
        publisher.publish(Float64(data=percent))
        rclpy.spin_once(node, timeout_sec=0.01)


def test_a_channel_without_a_topic_is_not_slowed_down(node):
    scaling = SpeedScaling(node, replace(ARM, speed_scaling=''))
    assert (scaling.share, scaling.fault()) == (1.0, '')
    assert SilentSender().permitted_speed() == 1.0
    assert GripperSender.permitted_speed(None) == 1.0


def test_the_share_of_the_slider_is_heard_in_the_controllers_namespace(node):
    sender = TrajectorySender(node, ARM, CELL)
    assert sender.permitted_speed() == 0.0
    say_until(node, 40.0, lambda: sender.permitted_speed() == 0.4)


def test_an_unheard_speed_keeps_the_arm_from_moving(node):
    scaling = SpeedScaling(node, ARM)
    assert scaling.fault().startswith('nothing heard on left/speed')
    say_until(node, 100.0, lambda: not scaling.fault())
