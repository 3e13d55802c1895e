from arrival import wait_for_arrival
import pytest
import rclpy
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from vla_action_filter.ros.action_filter_node import ActionFilterNode
from vla_action_filter.ros.newest_time import NewestTime
from vla_contract.ros.messages.stamps import to_time


@pytest.fixture
def node(ros):
    node = ActionFilterNode()
    yield node
    node.destroy_node()


def test_a_waiting_message_of_the_clock_counts_also_one_that_sets_it_back(node):
    node.set_parameters([Parameter('use_sim_time', value=True)])
    time = NewestTime(node)
    robot = rclpy.create_node('robot')
    clock = robot.create_publisher(Clock, '/clock', 1)
    found = []
    for now_ns in (10**9, 10**8):
        clock.publish(Clock(clock=to_time(now_ns)))
        wait_for_arrival(time._clock)
        found.append(time.now_ns())
    assert found == [10**9, 10**8]
    assert time.now_ns() == 10**8
    robot.destroy_node()


def test_simulated_time_has_come_as_far_as_what_was_measured(node):
    node.set_parameters([Parameter('use_sim_time', value=True)])
    time = NewestTime(node)
    assert time.not_before(3 * 10**8, 10**8) == 3 * 10**8
    assert time.now_ns() == 3 * 10**8
    # Of another clock.
    assert time.not_before(10**18, 10**8) == 10**8


def test_the_clock_of_the_machine_is_read_as_it_is(node):
    time = NewestTime(node)
    assert time.now_ns() == pytest.approx(node.now_ns(), abs=10**9)
    assert time.not_before(3 * 10**8, 10**8) == 10**8
