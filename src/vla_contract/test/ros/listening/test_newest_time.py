from dataclasses import dataclass
from typing import ClassVar

import pytest
import rclpy
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from vla_contract.ros.listening.newest_time import NewestTime
from vla_contract.ros.messages.stamps import to_time
from vla_contract.ros.node.lifecycle import VlaNode
from vla_contract.ros.testing import wait_for_arrival


@dataclass(frozen=True)
class Settings:
    pass


class Timed(VlaNode):
    settings_type: ClassVar[type] = Settings


@pytest.fixture
def node(ros):
    node = Timed('timed')
    yield node
    node.destroy_node()


@pytest.fixture
def say(ros):
    """Return what has a simulator say the time [ns], of which the message then waits."""
    robot = rclpy.create_node('robot')
    clock = robot.create_publisher(Clock, '/clock', 1)

    def say(time: NewestTime, now_ns: int) -> None:
        clock.publish(Clock(clock=to_time(now_ns)))
        wait_for_arrival(time._clock)

    yield say
    robot.destroy_node()


def test_a_waiting_message_of_the_clock_counts_also_one_that_sets_it_back(node, say):
    node.set_parameters([Parameter('use_sim_time', value=True)])
    time = NewestTime(node)
    found = []
    for now_ns in (10**9, 10**8):
        say(time, now_ns)
        found.append(time.now_ns())
    assert found == [10**9, 10**8]
    assert time.now_ns() == 10**8


def test_a_clock_that_is_behind_what_was_measured_does_not_set_time_back(node, say):
    """What comes then would seem to have come before what is already there."""
    node.set_parameters([Parameter('use_sim_time', value=True)])
    time = NewestTime(node)
    for k in range(1, 4):
        say(time, k * 10**8)
        assert time.not_before(k * 10**8 + 3 * 10**8, time.now_ns()) == (k + 3) * 10**8
        assert time.now_ns() == (k + 3) * 10**8
    # A simulator that begins again is earlier than its own clock.
    say(time, 10**8)
    assert time.now_ns() == 10**8


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
