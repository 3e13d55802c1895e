import argparse
import time

import pytest
import rclpy
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Bool
from vla_contract.ros.node.graph_arguments import (
    CLOCK_RULE,
    namespace_rule,
    parse_in_graph,
    publishers_of,
    split_arguments,
)


def wait_for(condition, *nodes) -> None:
    deadline = time.monotonic() + 60.0
    while not condition():
        assert time.monotonic() < deadline, 'condition not met in time'
        for node in nodes:
            rclpy.spin_once(node, timeout_sec=0.02)


@pytest.fixture
def enter():
    """Initialise rclpy with arguments for one test."""
    yield lambda *arguments: rclpy.init(args=list(arguments))
    rclpy.try_shutdown()


@pytest.mark.parametrize(
    ('argv', 'own', 'ros'),
    [
        (['--a', '1'], ['--a', '1'], []),
        (['--a', '--ros-args', '-r', 'x:=y'], ['--a'], ['--ros-args', '-r', 'x:=y']),
        (['--ros-args', '-r', 'x:=y', '--', 'b'], ['b'], ['--ros-args', '-r', 'x:=y', '--']),
        (['a', '--', 'b'], ['a', '--', 'b'], []),
    ],
)
def test_the_arguments_of_ros_are_told_from_a_commands_own(argv, own, ros):
    assert split_arguments(argv) == (own, ros)


@pytest.mark.parametrize('given', ['left', '/left', '/left/'])
def test_a_namespace_is_taken_with_or_without_slashes(given):
    assert namespace_rule(given) == ['--ros-args', '-r', '__ns:=/left']


@pytest.mark.parametrize('given', ['', '/'])
def test_the_root_namespace_needs_no_rule(given):
    assert namespace_rule(given) == []


@pytest.mark.parametrize(
    'argv', [['--namespace', 'left'], ['--ros-args', '-r', '__ns:=/left'], ['--namespace=/left']]
)
def test_a_command_stands_in_the_namespace_that_it_is_given(enter, argv):
    args = parse_in_graph(argparse.ArgumentParser(), argv)
    enter(*args.ros_arguments)
    node = rclpy.create_node('probe')
    assert node.resolve_topic_name('joint_states') == '/left/joint_states'
    assert node.resolve_topic_name('/clock') == '/left/clock'
    node.destroy_node()


def test_without_a_namespace_the_clock_is_the_usual_one(enter):
    enter(*CLOCK_RULE)
    node = rclpy.create_node('probe')
    assert node.resolve_topic_name('/clock') == '/clock'
    node.destroy_node()


def test_two_namespaces_of_one_domain_have_two_times(enter):
    enter(*CLOCK_RULE)
    sim_time = [Parameter('use_sim_time', value=True)]
    nodes = [
        rclpy.create_node('probe', namespace=name, parameter_overrides=sim_time)
        for name in ('/left', '/right')
    ]
    for seconds, node in enumerate(nodes, start=1):
        clock = node.create_publisher(Clock, 'clock', 10)
        message = Clock()
        message.clock.sec = seconds

        def has_time(clock=clock, message=message, node=node, seconds=seconds) -> bool:
            clock.publish(message)
            return node.get_clock().now().nanoseconds == seconds * 10**9

        wait_for(has_time, *nodes)
    assert [node.get_clock().now().nanoseconds for node in nodes] == [10**9, 2 * 10**9]
    for node in nodes:
        node.destroy_node()


def test_one_simulator_of_two_namespaces_is_a_rule_of_its_own(enter):
    enter('--ros-args', '-r', '/clock:=/clock', *CLOCK_RULE)
    node = rclpy.create_node('probe', namespace='/left')
    assert node.resolve_topic_name('/clock') == '/clock'
    node.destroy_node()


def test_publishers_are_counted_under_the_name_of_a_remapping(enter):
    enter('--ros-args', '-r', 'policy_chunk:=my_policy/chunk')
    node = rclpy.create_node('probe')
    assert publishers_of(node, 'policy_chunk') == 0
    for _ in range(2):
        node.create_publisher(Bool, 'policy_chunk', 1)
    wait_for(lambda: publishers_of(node, 'policy_chunk') == 2, node)
    assert node.count_publishers('policy_chunk') == 0
    node.destroy_node()
