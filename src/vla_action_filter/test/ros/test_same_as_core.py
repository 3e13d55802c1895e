"""Over ROS the filter commands exactly what its core commands in process, for the same inputs."""

import time

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory
from vla_action_filter.config import FilterConfig
from vla_action_filter.output.command_loop import CommandLoop
from vla_action_filter.ros.action_filter_node import ActionFilterNode
from vla_contract.deployment.cell import load_cell
from vla_contract.ros.messages.joints import chunk_to_msg, joints_to_msg
from vla_contract.ros.messages.stamps import to_time
from vla_contract.ros.qos import COMMAND, STATE
from vla_contract.values import ActionChunk, JointSample, to_ns

CELL = load_cell('panda_table')
START_NS, PERIOD_NS, CYCLES = to_ns(5.0), to_ns(0.01), 120


def inputs(cycle: int, position: np.ndarray):
    """Return joint sample and chunk (or None) of a cycle; the same for both ways."""
    now_ns = START_NS + cycle * PERIOD_NS
    sample = JointSample(now_ns, position, np.zeros(8))
    if cycle not in (3, 40, 75):
        return sample, None
    rng = np.random.default_rng(cycle)
    points = CELL.home + np.cumsum(rng.normal(0.0, 0.05, (16, 8)), axis=0)
    return sample, ActionChunk(now_ns - to_ns(0.05), to_ns(0.1), points)


def in_process() -> list[np.ndarray]:
    loop = CommandLoop(CELL, FilterConfig())
    core = loop.filter
    commands, position = [], CELL.home
    for cycle in range(1, CYCLES):
        now_ns = START_NS + cycle * PERIOD_NS
        sample, chunk = inputs(cycle, position)
        core.offer_joints(sample)
        if chunk is not None:
            core.offer_chunk(chunk, now_ns - PERIOD_NS)
        position = loop.cycle(now_ns).result.command
        commands.append(position)
    return commands


class Graph:
    """The node on a clock that this test turns by hand."""

    def __init__(self) -> None:
        self.node = ActionFilterNode()
        self.node.set_parameters([Parameter('use_sim_time', value=True)])
        self.robot = rclpy.create_node('robot')
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self.executor.add_node(self.robot)
        create = self.robot.create_publisher
        self.clock = create(Clock, '/clock', 10)
        self.joints = create(JointState, 'joint_states', STATE)
        self.chunks = create(JointTrajectory, 'policy_chunk', COMMAND)
        self.commands: list[np.ndarray] = []
        self.robot.create_subscription(
            JointTrajectory,
            'joint_trajectory_controller/joint_trajectory',
            lambda msg: None,
            COMMAND,
        )

    def wait(self, condition) -> None:
        deadline = time.monotonic() + 120.0
        while not condition():
            assert time.monotonic() < deadline, 'condition not met in time'
            self.executor.spin_once(timeout_sec=0.01)

    def turn_clock(self, now_ns: int) -> None:
        self.clock.publish(Clock(clock=to_time(now_ns)))
        self.wait(lambda: self.node.now_ns() == now_ns)

    def run(self) -> list[np.ndarray]:
        self.wait(lambda: self.clock.get_subscription_count() >= 1)
        self.turn_clock(START_NS)
        self.node.trigger_configure()
        core = self.node._filter
        self.wait(lambda: self.chunks.get_subscription_count() == 1)
        self.wait(lambda: self.joints.get_subscription_count() == 1)
        topic = 'joint_trajectory_controller/joint_trajectory'
        self.wait(lambda: self.node.count_subscribers(topic) == 1)
        self.node.trigger_activate()
        position = CELL.home
        for cycle in range(1, CYCLES):
            sample, chunk = inputs(cycle, position)
            self.joints.publish(joints_to_msg(sample, CELL.joint_names))
            self.wait(lambda stamp=sample.stamp_ns: self.has_read(stamp))
            if chunk is not None:
                count = core.counters['chunks']
                self.chunks.publish(chunk_to_msg(chunk, CELL.joint_names))
                self.wait(lambda count=count: core.counters['chunks'] == count + 1)
            self.turn_clock(START_NS + cycle * PERIOD_NS)
            self.wait(lambda cycle=cycle: core.counters['cycles'] == cycle)
            position = self.node._report.result.command
            self.commands.append(position)
        return self.commands

    def has_read(self, stamp_ns: int) -> bool:
        """Have the node read, as it does in a cycle; whether it has this measurement."""
        self.node._read_inputs(self.node.now_ns())
        joints = self.node._filter.watchdogs.joints
        return joints is not None and joints.stamp_ns == stamp_ns

    def close(self) -> None:
        self.node.shut_down()
        self.executor.shutdown()
        self.node.destroy_node()
        self.robot.destroy_node()


@pytest.fixture
def graph(ros):
    graph = Graph()
    yield graph
    graph.close()


def test_the_node_commands_what_the_core_commands(graph):
    expected = in_process()
    assert np.abs(expected[-1] - CELL.home).max() > 0.05
    assert np.array_equal(np.array(graph.run()), np.array(expected))
