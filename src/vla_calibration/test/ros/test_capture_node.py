import time

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, Image, JointState
from simulated_cell import CELL, image_at, LENS, positions_in_view
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory
from vla_calibration.capture.folder import list_samples, load_sample
from vla_calibration.capture.ros.capture_node import CaptureNode
from vla_contract.joints.joint_messages import JointReader
from vla_contract.ros.messages.images import image_from_msg, image_to_msg
from vla_contract.ros.messages.joints import joints_to_msg
from vla_contract.ros.qos import COMMAND, LATCHED, SENSOR, STATE
from vla_contract.values import JointSample

# Home and what is nearest to it, so that drives are short.
POSITIONS = sorted(positions_in_view(9), key=lambda position: np.abs(position - CELL.home).max())[
    :3
]
IMAGES = [image_at(position, seed) for seed, position in enumerate(POSITIONS)]
TOPIC = CELL.cameras[0].topic


class Rig:
    """A robot and a camera that publish, and a person who calls services."""

    def __init__(self, executor) -> None:
        self.node = rclpy.create_node('rig')
        self.executor = executor
        executor.add_node(self.node)
        create = self.node.create_publisher
        self.joints = create(JointState, 'joint_states', STATE)
        self.images = create(Image, f'{TOPIC}/image_raw', SENSOR)
        self.infos = create(CameraInfo, f'{TOPIC}/camera_info', SENSOR)
        self.position, self.image = POSITIONS[0], IMAGES[0]
        self.names = list(CELL.joint_names)
        self.status = DiagnosticStatus()
        self.pictures: list[np.ndarray] = []
        self.next_views: list[JointState] = []
        listen = self.node.create_subscription
        listen(DiagnosticStatus, 'capture/status', self._on_status, STATE)
        listen(Image, 'capture/image_annotated', self._on_picture, SENSOR)
        listen(JointState, 'capture/next_view', self.next_views.append, LATCHED)

    def _on_status(self, msg) -> None:
        self.status = msg

    def _on_picture(self, msg) -> None:
        self.pictures.append(image_from_msg(msg))

    def value(self, key: str) -> str:
        return next((v.value for v in self.status.values if v.key == key), '')

    def publish(self) -> None:
        """Publish what a robot with a camera would, joints around the image."""
        now_ns = self.node.get_clock().now().nanoseconds
        order = [CELL.joint_names.index(name) for name in self.names]
        for offset_ns in (-20_000_000, 0):
            sample = JointSample(now_ns + offset_ns, self.position[order], np.zeros(8))
            self.joints.publish(joints_to_msg(sample, self.names))
        info = CameraInfo(
            width=LENS.width, height=LENS.height, distortion_model='plumb_bob', d=[0.0] * 5
        )
        info.k = LENS.K.ravel().tolist()
        self.infos.publish(info)
        self.images.publish(image_to_msg(self.image, now_ns - 10_000_000, 'camera'))

    def wait(self, condition, timeout_s: float = 120.0) -> None:
        deadline = time.monotonic() + timeout_s
        due = 0.0
        while not condition():
            assert time.monotonic() < deadline, f'condition not met; {self.status.message}'
            if time.monotonic() >= due:
                due = time.monotonic() + 0.05
                self.publish()
            self.executor.spin_once(timeout_sec=0.01)

    def call(self, verb: str) -> Trigger.Response:
        client = self.node.create_client(Trigger, f'capture/{verb}')
        self.wait(client.service_is_ready)
        future = client.call_async(Trigger.Request())
        self.wait(future.done)
        self.node.destroy_client(client)
        return future.result()


@pytest.fixture
def make_cell(ros, tmp_path):
    executor = SingleThreadedExecutor()
    node = CaptureNode()
    executor.add_node(node)
    rig = Rig(executor)
    rig.folder = tmp_path / 'samples'
    rig.capture = node

    def make(**parameters) -> Rig:
        given = {'output': str(rig.folder), 'settle_s': 0.2, 'samples': 3} | parameters
        for name, value in given.items():
            node._parameters[name] = Parameter(name, value=value)
        assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS, node.failure
        node.trigger_activate()
        return rig

    yield make
    node.shut_down()
    executor.shutdown()
    node.destroy_node()
    rig.node.destroy_node()


def test_started_it_takes_every_new_view_and_undo_takes_one_back(make_cell):
    rig = make_cell()
    assert rig.call('start').success
    for k, (position, image) in enumerate(zip(POSITIONS, IMAGES, strict=True)):
        rig.position, rig.image = position, image
        rig.wait(lambda k=k: rig.value('taken') == str(k + 1))
    stored = list_samples(rig.folder)
    assert len(stored) == 3
    for sample, position in zip(stored, POSITIONS, strict=True):
        joints = load_sample(rig.folder, sample).joints
        assert list(joints.values()) == pytest.approx(position)
    assert (rig.folder / 'camera_info.yaml').is_file()
    assert float(rig.value('predicted_sigma_mm')) > 0.0
    rig.wait(lambda: rig.pictures and rig.next_views)
    assert rig.pictures[-1].shape[1] == 640
    assert rig.call('undo').success
    assert len(list_samples(rig.folder)) == 2


def test_take_says_why_not(make_cell):
    rig = make_cell()
    rig.image = np.full_like(IMAGES[0], 99)
    rig.wait(lambda: rig.status.message == 'no board in view')
    answer = rig.call('take')
    assert (answer.success, answer.message) == (False, 'no board in view')
    rig.image = IMAGES[0]
    rig.wait(lambda: rig.status.message == 'ready')
    assert rig.call('take').success
    assert rig.call('undo').success
    assert not rig.call('undo').success


def test_joints_in_another_order_are_stored_by_name(make_cell):
    rig = make_cell()
    rig.names = list(reversed(CELL.joint_names))
    rig.wait(lambda: rig.status.message == 'ready')
    assert rig.call('take').success
    joints = load_sample(rig.folder, list_samples(rig.folder)[0]).joints
    assert joints['panda_joint4'] == pytest.approx(POSITIONS[0][3])


def test_stop_ends_the_taking(make_cell):
    rig = make_cell()
    rig.call('start')
    rig.wait(lambda: rig.value('taken') == '1')
    assert rig.call('stop').success
    rig.position, rig.image = POSITIONS[1], IMAGES[1]
    rig.wait(lambda: rig.status.message == 'ready' and rig.value('running') == 'False')
    assert rig.value('taken') == '1'


@pytest.mark.parametrize(
    ('parameters', 'message'),
    [
        ({'board_size': '8x6'}, 'looks the same after half a turn'),
        ({'camera': 'wrist'}, "camera 'wrist' is not in cell panda_table; it has: top"),
        ({'tool_frame': 'flange'}, "body 'flange' is not in the model"),
        ({'poses': 'nowhere.yaml'}, 'not found: nowhere.yaml'),
    ],
)
def test_wrong_settings_fail_configuration_with_one_sentence(ros, tmp_path, parameters, message):
    node = CaptureNode()
    for name, value in ({'output': str(tmp_path / 'samples')} | parameters).items():
        node._parameters[name] = Parameter(name, value=value)
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert message in node.failure
    node.destroy_node()


class Filter:
    """Stands where the action filter and the robot are: goes where a chunk says it should be."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.chunks = 0
        self._reader = JointReader(CELL.joint_names, 'policy_chunk')
        rig.node.create_subscription(JointTrajectory, 'policy_chunk', self._on_chunk, COMMAND)

    def _on_chunk(self, msg) -> None:
        chunk = self._reader.chunk(msg)
        self.chunks += 1
        self.rig.position = chunk.positions[1]
        near = [np.abs(self.rig.position - p)[:7].max() < 0.002 for p in POSITIONS]
        self.rig.image = IMAGES[near.index(True)] if any(near) else np.full_like(IMAGES[0], 99)


def write_poses(path) -> str:
    names = [CELL.joints[i].name for i in CELL.arm]
    rows = [[float(v) for v in position[:7]] for position in POSITIONS[1:]]
    path.write_text(f'joints: {names}\nposes: {rows}\n')
    return str(path)


def test_driving_takes_a_sample_at_each_pose_and_then_leaves_the_topic(make_cell, tmp_path):
    rig = make_cell(poses=write_poses(tmp_path / 'poses.yaml'), drive_speed=0.5)
    robot = Filter(rig)
    rig.wait(lambda: rig.status.message == 'ready')
    assert robot.chunks == 0, 'nothing moves by itself'
    assert rig.node.count_publishers('policy_chunk') == 0
    rig.wait(lambda: rig.capture.count_subscribers('policy_chunk') > 0)
    answer = rig.call('drive')
    assert answer.success, answer.message
    assert not rig.call('drive').success
    rig.wait(lambda: rig.value('drive').startswith('drive done'))
    assert rig.value('drive') == 'drive done, 0 of 2 poses without a sample'
    assert rig.value('taken') == '2'
    rig.wait(lambda: rig.node.count_publishers('policy_chunk') == 0)


def test_driving_is_refused_beside_another_publisher_or_without_a_listener(make_cell, tmp_path):
    rig = make_cell(poses=write_poses(tmp_path / 'poses.yaml'))
    rig.wait(lambda: rig.status.message == 'ready')
    assert rig.call('drive').message.startswith('no subscriber on policy_chunk')
    policy = rig.node.create_publisher(JointTrajectory, 'policy_chunk', COMMAND)
    rig.wait(lambda: rig.capture.count_publishers('policy_chunk') > 0)
    assert rig.call('drive').message.startswith('policy_chunk has a publisher already')
    rig.node.destroy_publisher(policy)


def test_stop_brings_a_drive_to_rest(make_cell, tmp_path):
    rig = make_cell(poses=write_poses(tmp_path / 'poses.yaml'), drive_speed=0.05)
    robot = Filter(rig)
    rig.wait(lambda: rig.status.message == 'ready')
    rig.wait(lambda: rig.capture.count_subscribers('policy_chunk') > 0)
    assert rig.call('drive').success
    rig.wait(lambda: robot.chunks > 3)
    assert rig.call('stop').success
    rig.wait(lambda: rig.node.count_publishers('policy_chunk') == 0)
    assert rig.value('taken') == '0'
    assert np.abs(rig.position - POSITIONS[1])[:7].max() > 0.05
