import json
import time

import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import Bool, Float64MultiArray
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory
from vla_contract.contract import load_contract
from vla_contract.ros.joint_conversion import point_to_msg
from vla_contract.ros.qos import COMMAND, LATCHED, SENSOR
from vla_contract.ros.stamps import from_stamp
from vla_sim_bridge.ros.mujoco_bridge import MujocoBridge

CONTRACT = load_contract('panda_2f85')


class Listener:
    """Collects what the bridge publishes, and waits for conditions with a deadline."""

    def __init__(self, executor) -> None:
        self.node = rclpy.create_node('listener')
        self.executor = executor
        executor.add_node(self.node)
        self.seen = {}
        topics = {
            '/clock': (Clock, SENSOR),
            'joint_states': (JointState, SENSOR),
            'camera/color/image_raw': (Image, SENSOR),
            'camera/color/camera_info': (CameraInfo, SENSOR),
            'sim/success': (Bool, LATCHED),
        }
        for topic, (kind, qos) in topics.items():
            self.seen[topic] = []
            self.node.create_subscription(kind, topic, self.seen[topic].append, qos)

    def wait(self, condition, timeout_s: float = 20.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, 'condition not met in time'
            self.executor.spin_once(timeout_sec=0.05)


@pytest.fixture
def graph(ros, request):
    executor = SingleThreadedExecutor()
    bridge = MujocoBridge()
    for name, value in getattr(request, 'param', {}).items():
        bridge._parameters[name] = Parameter(name, value=value)
    executor.add_node(bridge)
    listener = Listener(executor)
    bridge.trigger_configure()
    bridge.trigger_activate()
    yield bridge, listener
    bridge.shut_down()
    executor.shutdown()
    bridge.destroy_node()
    listener.node.destroy_node()


def test_it_publishes_what_the_robot_publishes(graph):
    _, listener = graph
    listener.wait(lambda: all(listener.seen.values()))
    joints = listener.seen['joint_states'][0]
    assert tuple(joints.name) == CONTRACT.joint_names
    image = listener.seen['camera/color/image_raw'][0]
    assert (image.width, image.height, image.encoding) == (384, 384, 'rgb8')
    assert image.header.frame_id == CONTRACT.camera('top').frame
    assert listener.seen['sim/success'][0].data is False


def test_images_and_camera_info_share_their_stamps(graph):
    _, listener = graph
    infos, images = (listener.seen[f'camera/color/{t}'] for t in ('camera_info', 'image_raw'))
    listener.wait(lambda: len(images) >= 4 and len(infos) >= 4)
    stamps = {from_stamp(info.header.stamp) for info in infos}
    assert len(stamps & {from_stamp(image.header.stamp) for image in images}) >= 3
    assert infos[0].k[0] == pytest.approx(716.6, abs=0.1)


def test_a_reset_answers_with_the_manifest_of_its_seed(graph):
    bridge, listener = graph
    listener.wait(lambda: listener.seen['/clock'])
    bridge.set_parameters([Parameter('next_seed', value=42)])
    client = listener.node.create_client(Trigger, 'sim/reset')
    listener.wait(client.service_is_ready)
    before = from_stamp(listener.seen['/clock'][-1].clock)
    future = client.call_async(Trigger.Request())
    listener.wait(future.done)
    manifest = json.loads(future.result().message)
    assert manifest['seed'] == 42
    assert manifest['contract_sha256'] == CONTRACT.sha256
    assert manifest['values']['cube_x']['unit'] == 'm'
    assert bridge.get_parameter('next_seed').value == 43
    listener.wait(lambda: from_stamp(listener.seen['/clock'][-1].clock) > before)


def test_it_follows_commands_by_joint_name(graph):
    _, listener = graph
    publisher = listener.node.create_publisher(
        JointTrajectory, 'joint_trajectory_controller/joint_trajectory', COMMAND
    )
    listener.wait(lambda: listener.seen['joint_states'] and publisher.get_subscription_count())
    names = list(reversed(CONTRACT.joint_names))
    target = dict(zip(CONTRACT.joint_names, CONTRACT.home, strict=True))
    target['panda_joint1'] += 0.3
    msg = JointTrajectory(joint_names=names)
    msg.points = [point_to_msg([target[name] for name in names], 0)]
    publisher.publish(msg)
    listener.wait(lambda: abs(listener.seen['joint_states'][-1].position[0] - 0.3) < 0.01)


@pytest.mark.parametrize('graph', [{'command_interface': 'forward'}], indirect=True)
def test_it_follows_plain_numbers_in_the_contracts_order(graph):
    _, listener = graph
    publisher = listener.node.create_publisher(
        Float64MultiArray, 'forward_position_controller/commands', COMMAND
    )
    listener.wait(lambda: listener.seen['joint_states'] and publisher.get_subscription_count())
    target = CONTRACT.home
    publisher.publish(Float64MultiArray(data=[0.0] * 3))
    target[0] += 0.3
    publisher.publish(Float64MultiArray(data=target.tolist()))
    listener.wait(lambda: abs(listener.seen['joint_states'][-1].position[0] - 0.3) < 0.01)


def test_a_command_with_wrong_names_moves_nothing(graph):
    _, listener = graph
    publisher = listener.node.create_publisher(
        JointTrajectory, 'joint_trajectory_controller/joint_trajectory', COMMAND
    )
    listener.wait(lambda: listener.seen['joint_states'] and publisher.get_subscription_count())
    start = listener.seen['joint_states'][-1].position[0]
    msg = JointTrajectory(joint_names=['x', *CONTRACT.joint_names[1:]])
    msg.points = [point_to_msg(CONTRACT.home + 0.5, 0)]
    publisher.publish(msg)
    count = len(listener.seen['joint_states'])
    listener.wait(lambda: len(listener.seen['joint_states']) > count + 30)
    assert listener.seen['joint_states'][-1].position[0] == pytest.approx(start, abs=0.01)
