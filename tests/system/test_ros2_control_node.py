"""The double of ros2_control over DDS: parameters, topics, switching and its log."""

import json

import numpy as np
import pytest
from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool, Trigger
from support.fake_robot.messages import trajectory
from support.fake_robot.setups import ARM, GRIPPER, STATES
from support.python_path import python_path
from support.waiting import wait_for
from trajectory_msgs.msg import JointTrajectory
from vla_contract.check import Status
from vla_contract.deployment.cell import load_cell
from vla_contract.ros.testing import ros  # noqa: F401 - takes a ROS domain of its own
from vla_rollout.preflight.ros.graph import PreflightGraph

JOINTS = list(load_cell('panda_table').joint_names)
ARM_JOINTS = JOINTS[:-1]
TIMEOUT_S = 60.0


class Client:
    """Somebody beside the robot."""

    def __init__(self):
        self.node = rclpy.create_node('client')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self.states = {}
        self.node.create_subscription(JointState, 'joint_states', self._on_states, 10)
        self.commands = self.node.create_publisher(JointTrajectory, f'{ARM}/joint_trajectory', 10)

    def _on_states(self, msg):
        self.states.update(zip(msg.name, msg.position, strict=True))

    def wait(self, condition, what):
        wait_for(lambda: self._executor.spin_once(0.01) or condition(), TIMEOUT_S, what)

    def call(self, kind, name, **fields):
        client = self.node.create_client(kind, name)
        self.wait(client.service_is_ready, name)
        future = client.call_async(kind.Request(**fields))
        self.wait(future.done, f'an answer of {name}')
        return future.result()

    def parameters(self, node, *names):
        result = self.call(GetParameters, f'{node}/get_parameters', names=list(names))
        return [rclpy.parameter.parameter_value_to_python(value) for value in result.values]

    def dump(self):
        return json.loads(self.call(Trigger, 'fake_robot/dump').message)


@pytest.fixture
def client(ros, start, tmp_path):  # noqa: F811
    start(
        'support.fake_robot.ros2_control_node', '--ros-args', '-p', 'setup:=split',
        '-p', f'log_path:={tmp_path}/motors.npz', '-p', 'hand_delta:=0.3', '-p', 'hand_s:=0.1',
        '-p', 'splits_joint_states:=true', '-p', 'interpolate_from_desired_state:=true',
        PYTHONPATH=python_path(),
    )  # fmt: skip
    client = Client()
    yield client
    client.node.destroy_node()


def test_it_answers_and_moves_as_a_robot_under_ros2_control(client, tmp_path):
    # Parameters, as a filter or a preflight asks for them.
    assert client.parameters('controller_manager', 'update_rate') == [1000]
    names = ('joints', 'interpolate_from_desired_state', 'command_interfaces', 'cmd_timeout')
    assert client.parameters(ARM, *names) == [ARM_JOINTS, True, ['position'], 0.0]
    assert client.parameters(GRIPPER, 'joints') == [[JOINTS[-1]]]
    assert client.parameters(STATES, 'joints') == [ARM_JOINTS]
    client.wait(lambda: set(client.states) == set(JOINTS), 'both messages of joint_states')

    # A trajectory moves the arm; one with the gripper in it is refused.
    client.wait(lambda: client.commands.get_subscription_count() == 1, 'the controller')
    home = [client.states[name] for name in ARM_JOINTS]
    target = [home[0] + 0.2, *home[1:]]
    client.commands.publish(trajectory(ARM_JOINTS, [(0.2, target, [0.0] * 7)]))
    client.wait(lambda: client.states[JOINTS[0]] > home[0] + 0.199, 'the arm to have moved')
    client.commands.publish(trajectory(JOINTS, [(0.2, [0.0] * 8)]))
    client.wait(lambda: client.dump()[ARM]['refused'] == 1, 'the refusal')
    assert client.dump()[ARM]['errors'] == [
        "Joints on incoming trajectory don't match the controller joints."
    ]

    # Switched off it is led by hand and stays there when it is on again.
    assert client.call(SetBool, f'{ARM}/set_active', data=False).success
    assert client.call(Trigger, 'fake_robot/move_by_hand').success
    there = pytest.approx(home[0] + 0.5, abs=1e-3)
    client.wait(lambda: client.states[JOINTS[0]] == there, 'the hand')
    assert client.call(SetBool, f'{ARM}/set_active', data=True).success
    assert client.dump()[ARM]['active']
    with np.load(tmp_path / 'motors.npz') as log:
        assert list(log['joints']) == JOINTS
        assert np.all(np.diff(log['times_ns']) == 1_000_000)
        assert log['commands'].shape == log['positions'].shape == (len(log['times_ns']), 8)
        assert log['commands'][-1, 0] == there
    assert client.call(Trigger, 'fake_robot/forget').success
    client.dump()
    with np.load(tmp_path / 'motors.npz') as log:
        assert len(log['times_ns']) < 20_000


def test_preflight_reads_how_the_controllers_are_set(client):
    """The file of its robot has all joints in one channel, the controller has the arm alone."""
    client.wait(lambda: client.states, 'the robot')
    graph = PreflightGraph(load_cell('panda_table'))
    try:
        found = {finding.name: finding.status for finding in graph.check_controllers()}
    finally:
        graph.destroy_node()
    assert found == {
        f'controller {ARM}: joints': Status.FAIL,
        f'controller {ARM}: interpolate_from_desired_state': Status.OK,
        f'controller {ARM}: cmd_timeout': Status.OK,
        f'controller {ARM}: interpolation_method': Status.OK,
    }
