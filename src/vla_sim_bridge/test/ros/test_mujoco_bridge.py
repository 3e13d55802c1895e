from contextlib import contextmanager
import json
import threading
import time

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import Bool, Float64MultiArray, String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.deployment import load_deployment
from vla_contract.ros.messages.joints import point_to_msg
from vla_contract.ros.node.diagnostics import ERROR
from vla_contract.ros.qos import COMMAND, LATCHED, SENSOR, STATE
from vla_contract.stamps import from_stamp
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.ros.mujoco_bridge import MujocoBridge
from vla_sim_bridge.scene.world import World

DEPLOYMENT = load_deployment('panda_lift_cube')
CELL = DEPLOYMENT.cell


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
            'camera/color/pose': (PoseStamped, LATCHED),
            'sim/success': (Bool, LATCHED),
            'sim/failure': (String, LATCHED),
            'instruction': (String, LATCHED),
        }
        for topic, (kind, qos) in topics.items():
            self.seen[topic] = []
            self.node.create_subscription(kind, topic, self.seen[topic].append, qos)

    def wait(self, condition, timeout_s: float = 120.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, 'condition not met in time'
            self.executor.spin_once(timeout_sec=0.05)


@contextmanager
def running(parameters):
    executor = SingleThreadedExecutor()
    bridge = MujocoBridge()
    for name, value in parameters.items():
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


@pytest.fixture
def graph(ros, request):
    with running(getattr(request, 'param', {})) as pair:
        yield pair


def test_it_publishes_what_the_robot_publishes(graph):
    _, listener = graph
    listener.wait(lambda: all(listener.seen.values()))
    joints = listener.seen['joint_states'][0]
    assert tuple(joints.name) == CELL.joint_names
    image = listener.seen['camera/color/image_raw'][0]
    assert (image.width, image.height, image.encoding) == (384, 384, 'rgb8')
    assert image.header.frame_id == CELL.camera('top').frame
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
    before = from_stamp(listener.seen['/clock'][-1].clock)
    manifest = reset(bridge, listener, next_seed=42)
    assert manifest['seed'] == 42
    assert manifest['cell_sha256'] == CELL.sha256
    assert manifest['values']['cube_x']['unit'] == 'm'
    assert bridge.get_parameter('next_seed').value == 43
    listener.wait(lambda: from_stamp(listener.seen['/clock'][-1].clock) > before)


@pytest.mark.parametrize('graph', [{'task': 'lift_named_cube'}], indirect=True)
def test_each_reset_says_its_instruction(graph):
    bridge, listener = graph
    heard = listener.seen['instruction']
    said = []
    for seed in (0, 7, 0):
        said.append(reset(bridge, listener, next_seed=seed)['instruction'])
        listener.wait(lambda: heard and heard[-1].data == said[-1])
    assert 'red' in said[0]
    assert 'green' in said[1]
    assert said[2] == said[0]
    assert {message.data for message in listener.seen['sim/failure']} == {''}


def test_a_command_reaches_the_arm_while_the_executor_is_busy(graph):
    bridge, listener = graph
    topic = 'joint_trajectory_controller/joint_trajectory'
    commands = listener.node.create_publisher(JointTrajectory, topic, COMMAND)
    listener.wait(lambda: commands.get_subscription_count() == 1 and bridge._time_ns)
    target = CELL.home
    target[0] += 0.1
    msg = JointTrajectory(joint_names=list(CELL.joint_names), points=[point_to_msg(target, 0)])
    commands.publish(msg)
    # Nothing spins from here on.
    deadline, pause = time.monotonic() + 60.0, threading.Event()
    while bridge._simulation._target[0] != target[0]:
        assert time.monotonic() < deadline
        pause.wait(0.01)


def reset(bridge, listener, **parameters):
    """Reset over the service; return the manifest."""
    bridge.set_parameters([Parameter(name, value=value) for name, value in parameters.items()])
    client = listener.node.create_client(Trigger, 'sim/reset')
    listener.wait(client.service_is_ready)
    future = client.call_async(Trigger.Request())
    listener.wait(future.done)
    assert future.result().success, future.result().message
    listener.node.destroy_client(client)
    return json.loads(future.result().message)


def images_by_age(bridge, listener, count) -> dict[int, bytes]:
    """Collect images of this episode by the age of the episode at their capture [ns]."""
    images = listener.seen['camera/color/image_raw']
    start_ns = bridge._simulation._world.appearance.start_ns
    found = {}

    def enough():
        for image in images:
            age_ns = from_stamp(image.header.stamp) - start_ns
            if age_ns > 0:
                found[age_ns] = bytes(image.data)
        return len(found) >= count

    listener.wait(enough)
    return found


@pytest.mark.parametrize('graph', [{'randomization': 'wide'}], indirect=True)
def test_a_manifest_is_replayed_over_ros_bit_for_bit(graph, tmp_path):
    bridge, listener = graph
    manifest = reset(bridge, listener, next_seed=17)
    assert len(manifest['randomization']['values']) == len(load_randomization('wide').terms)
    first = images_by_age(bridge, listener, 5)
    reset(bridge, listener, next_seed=3)
    path = tmp_path / 'manifest.json'
    path.write_text(json.dumps(manifest))
    assert reset(bridge, listener, replay_manifest=str(path)) == manifest
    again = images_by_age(bridge, listener, 5)
    # Whatever frames a busy machine drops, the same world in this process draws the others.
    world = World(DEPLOYMENT, load_randomization('wide'))
    assert world.reset(0, replay=manifest) == manifest
    renderer = CameraRenderer(world)
    for age in sorted(first.keys() | again.keys()):
        while world.time_ns - world.appearance.start_ns < age:
            world.step(world.command, 10_000_000)
        image = renderer.render(world.data.qpos)['top'].tobytes()
        assert {images[age] for images in (first, again) if age in images} == {image}
    assert len(set(first.values())) > 1, 'noise does not move'


@pytest.mark.parametrize('graph', [{'randomization': 'wide'}], indirect=True)
def test_images_of_a_jittering_camera_keep_their_order(graph):
    bridge, listener = graph
    reset(bridge, listener, next_seed=5)
    images_by_age(bridge, listener, 12)
    stamps = [from_stamp(image.header.stamp) for image in listener.seen['camera/color/image_raw']]
    assert stamps == sorted(set(stamps))


@pytest.mark.parametrize('which', ['nominal', 'true'])
def test_cameras_are_described_as_placed_or_as_drawn(ros, tmp_path, which):
    values = {'camera_fov': 5.0, 'camera_position': 0.02, 'lens_distortion': 0.1}
    terms = {name: {'range': [value, value]} for name, value in values.items()}
    path = tmp_path / 'moved.yaml'
    path.write_text(json.dumps({'terms': terms}))
    with running({'randomization': str(path), 'published_camera': which}) as (_, listener):
        listener.wait(lambda: all(listener.seen.values()))
        info, pose = (listener.seen[f'camera/color/{t}'][-1] for t in ('camera_info', 'pose'))
    expected = {'nominal': (15.0, [0.0] * 5, 1.05), 'true': (17.5, None, 1.05 + 0.02)}[which]
    focal = 192.0 / np.tan(np.radians(expected[0]))
    assert info.k[0] == pytest.approx(focal)
    distortion = expected[1] or [0.1 * (focal / 384) ** 2, 0.0, 0.0, 0.0, 0.0]
    assert list(info.d) == pytest.approx(distortion)
    assert pose.header.frame_id == CELL.robot.model.base_frame
    assert pose.pose.position.x == pytest.approx(expected[2])


def test_it_follows_commands_by_joint_name(graph):
    _, listener = graph
    publisher = listener.node.create_publisher(
        JointTrajectory, 'joint_trajectory_controller/joint_trajectory', COMMAND
    )
    listener.wait(lambda: listener.seen['joint_states'] and publisher.get_subscription_count())
    names = list(reversed(CELL.joint_names))
    target = dict(zip(CELL.joint_names, CELL.home, strict=True))
    target['panda_joint1'] += 0.3
    msg = JointTrajectory(joint_names=names)
    msg.points = [point_to_msg([target[name] for name in names], 0)]
    publisher.publish(msg)
    listener.wait(lambda: abs(listener.seen['joint_states'][-1].position[0] - 0.3) < 0.01)


@pytest.mark.parametrize('graph', [{'command_interface': 'forward'}], indirect=True)
def test_it_follows_plain_numbers_in_the_order_of_the_cell(graph):
    _, listener = graph
    publisher = listener.node.create_publisher(
        Float64MultiArray, 'forward_position_controller/commands', COMMAND
    )
    listener.wait(lambda: listener.seen['joint_states'] and publisher.get_subscription_count())
    target = CELL.home
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
    msg = JointTrajectory(joint_names=['x', *CELL.joint_names[1:]])
    msg.points = [point_to_msg(CELL.home + 0.5, 0)]
    publisher.publish(msg)
    count = len(listener.seen['joint_states'])
    listener.wait(lambda: len(listener.seen['joint_states']) > count + 30)
    assert listener.seen['joint_states'][-1].position[0] == pytest.approx(start, abs=0.01)


def test_every_lifecycle_transition_is_survived_and_diagnosed(ros):
    """Twice through all states, with a tick of the diagnostics before and after each."""
    bridge, executor = MujocoBridge(), SingleThreadedExecutor()
    executor.add_node(bridge)
    listener = Listener(executor)
    said = []
    listener.node.create_subscription(
        DiagnosticArray, 'diagnostics', lambda msg: said.append(msg.status[0].message), STATE
    )
    client = listener.node.create_client(ChangeState, 'mujoco_bridge/change_state')
    listener.wait(client.service_is_ready)

    def change(transition) -> None:
        future = client.call_async(ChangeState.Request(transition=Transition(id=transition)))
        listener.wait(future.done)
        assert future.result().success

    def tick(expected) -> None:
        said.clear()
        listener.wait(lambda: said)
        assert said[-1] == expected

    for _ in range(2):
        change(Transition.TRANSITION_CONFIGURE)
        tick('inactive')
        for _ in range(2):
            change(Transition.TRANSITION_ACTIVATE)
            said.clear()
            # A busy machine may be slower than asked, which is not what is tested.
            listener.wait(lambda: said and said[-1].startswith(('running', 'slower')))
            change(Transition.TRANSITION_DEACTIVATE)
            tick('inactive')
        change(Transition.TRANSITION_CLEANUP)
    change(Transition.TRANSITION_CONFIGURE)
    tick('inactive')
    change(Transition.TRANSITION_INACTIVE_SHUTDOWN)
    assert not bridge.has_failed
    bridge.shut_down()
    executor.shutdown()
    bridge.destroy_node()
    listener.node.destroy_node()


def test_what_is_latched_is_said_again_after_a_cleanup(graph):
    bridge, listener = graph
    listener.wait(lambda: listener.seen['sim/success'])
    for change in ('deactivate', 'cleanup', 'configure', 'activate'):
        assert getattr(bridge, f'trigger_{change}')() == TransitionCallbackReturn.SUCCESS
    said = []
    for topic, kind in (('sim/success', Bool), ('sim/failure', String), ('instruction', String)):
        listener.node.create_subscription(
            kind, topic, lambda msg, topic=topic: said.append(topic), LATCHED
        )
    listener.wait(lambda: {*said} == {'sim/success', 'sim/failure', 'instruction'})


@pytest.mark.parametrize('error', [ValueError('a fault'), SystemExit('a fault')])
def test_physics_that_fails_ends_the_node_and_is_said(graph, error):
    bridge, listener = graph

    def step(*arguments):
        raise error

    bridge._simulation._world.step = step
    listener.wait(lambda: bridge.has_failed)
    assert bridge.failure == f'physics failed: {type(error).__name__}: a fault'
    assert (bridge._check().level, bridge._check().message) == (ERROR, bridge.failure)


def test_rendering_that_fails_ends_the_node_and_is_said(graph):
    bridge, listener = graph
    listener.wait(lambda: listener.seen['camera/color/image_raw'])

    def add(*arguments):
        raise ValueError('a fault')

    bridge._images.add = add
    listener.wait(lambda: bridge.has_failed)
    assert bridge._check().message == 'rendering failed: ValueError: a fault'
