import json
import time

from diagnostic_msgs.msg import DiagnosticStatus
from mcap.reader import make_reader
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import String
from std_srvs.srv import Trigger
from vla_contract.deployment.cell import load_cell
from vla_contract.ros.messages.joints import joints_to_msg
from vla_contract.ros.node.diagnostics import ERROR
from vla_contract.ros.qos import LATCHED, SENSOR, STATE
from vla_contract.values import JointSample
from vla_rollout.recording.ros.recorder_node import Recorder

CELL = load_cell('panda_table')


class Graph:
    """A recorder and a robot in one executor."""

    def __init__(self, folder) -> None:
        self.executor = SingleThreadedExecutor()
        self.recorder = Recorder()
        self.recorder.set_parameters([Parameter('folder', value=str(folder))])
        self.robot = rclpy.create_node('robot')
        self.executor.add_node(self.recorder)
        self.executor.add_node(self.robot)
        self.joints = self.robot.create_publisher(JointState, 'joint_states', STATE)
        self.image = self.robot.create_publisher(Image, 'camera/color/image_raw', SENSOR)
        self.task = self.robot.create_publisher(String, 'instruction', LATCHED)
        assert self.recorder.trigger_configure() == self.success
        assert self.recorder.trigger_activate() == self.success
        self.until(lambda: self.joints.get_subscription_count() == 1)
        self.until(lambda: self.image.get_subscription_count() == 1)
        self.until(lambda: self.task.get_subscription_count() == 1)

    success = rclpy.lifecycle.TransitionCallbackReturn.SUCCESS

    def until(self, condition, timeout_s=120.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, 'condition not met'
            self.executor.spin_once(timeout_sec=0.05)

    def call(self, name) -> Trigger.Response:
        client = self.robot.create_client(Trigger, f'recorder/{name}')
        self.until(client.service_is_ready)
        future = client.call_async(Trigger.Request())
        self.until(future.done)
        return future.result()

    def close(self) -> None:
        self.recorder.shut_down()
        self.recorder.destroy_node()
        self.robot.destroy_node()


@pytest.fixture
def graph(ros, tmp_path):
    graph = Graph(tmp_path)
    yield graph
    graph.close()


def test_what_was_published_is_in_the_file_bit_for_bit(graph, tmp_path):
    graph.task.publish(String(data='lift the cube'))
    assert graph.call('start').success
    picture = np.arange(48, dtype=np.uint8)
    image = Image(height=4, width=4, encoding='rgb8', step=12, data=picture.tobytes())
    for k in range(30):
        sample = JointSample(k + 1, CELL.home + k, np.zeros(8))
        graph.joints.publish(joints_to_msg(sample, CELL.joint_names))
        graph.until(lambda k=k: graph.recorder._recorder.written >= k + 2)
    graph.image.publish(image)
    graph.until(lambda: graph.recorder._recorder.written >= 32)
    values = json.dumps({'seed': 3, 'outcome': 'success'})
    graph.recorder.set_parameters([Parameter('episode', value=values)])
    answer = graph.call('stop')
    assert answer.success, answer.message
    with open(answer.message, 'rb') as stream:
        reader = make_reader(stream)
        data = {}
        for _, channel, message in reader.iter_messages():
            data.setdefault(channel.topic, []).append(message.data)
        notes = next(iter(reader.iter_metadata())).metadata
    positions = [deserialize_message(d, JointState).position[0] for d in data['/joint_states']]
    assert positions == [float(k) for k in range(30)]
    (recorded,) = data['/camera/color/image_raw']
    assert bytes(deserialize_message(recorded, Image).data) == picture.tobytes()
    assert deserialize_message(data['/instruction'][0], String).data == 'lift the cube'
    assert notes == {'seed': '3', 'outcome': 'success'}


def test_a_refused_order_says_why(graph):
    assert 'no episode' in graph.call('stop').message
    assert graph.call('start').success
    assert 'still being recorded' in graph.call('start').message
    graph.recorder.set_parameters([Parameter('episode', value='no JSON')])
    refused = graph.call('stop')
    assert not refused.success
    assert 'a JSON object' in refused.message
    assert graph.call('discard').success


def test_a_recording_that_failed_is_said_and_its_orders_are_answered(graph):
    heard = []
    graph.robot.create_subscription(DiagnosticStatus, 'recorder/status', heard.append, STATE)
    assert graph.call('start').success

    def take(record):
        raise RuntimeError('a fault')

    graph.recorder._recorder.take = take
    graph.task.publish(String(data='lift the cube'))
    failure = 'recording failed: RuntimeError: a fault; configure again'
    graph.until(lambda: heard and (heard[-1].level, heard[-1].message) == (ERROR, failure))
    answer = graph.call('stop')
    assert (answer.success, answer.message) == (False, failure)
    assert graph.recorder.trigger_deactivate() == graph.success
    assert graph.recorder.trigger_cleanup() == graph.success
    assert graph.recorder.trigger_configure() == graph.success
    assert graph.call('start').success
