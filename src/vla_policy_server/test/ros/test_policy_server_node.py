from dataclasses import replace
import re
import threading
import time

import cv2
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from sensor_msgs.msg import CompressedImage, Image, JointState
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_contract.deployment.deployment import load_deployment
from vla_contract.deployment.policy_file import Component, FILE_NAME, write_policy_file
from vla_contract.filter_status import FilterStatus, PlanProgress, TakenChunk, Verdict
from vla_contract.ros.messages.images import image_to_msg
from vla_contract.ros.messages.joints import joints_to_msg
from vla_contract.ros.node.diagnostics import ERROR, Health, LOADING_S, OK, status_msg
from vla_contract.ros.qos import COMMAND, LATCHED, SENSOR, STATE
from vla_contract.share import find_config
from vla_contract.stamps import from_stamp
from vla_contract.values import ActionChunk, JointSample, Observation
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.identity.policy_identity import from_json
from vla_policy_server.ros.policy_server_node import PolicyServer

DEPLOYMENT = load_deployment()
CELL = DEPLOYMENT.cell
GRIPPER = CELL.joint_names[7]
CAMERA_PERIOD_S = 1 / 15


class Robot:
    """Publishes joint states and collects what the server says."""

    def __init__(self, executor, server) -> None:
        self.node = rclpy.create_node('robot')
        self.executor, self.server = executor, server
        executor.add_node(self.node)
        self.joints = self.node.create_publisher(JointState, 'joint_states', STATE)
        self.chunks, self.actions = [], []
        self.node.create_subscription(JointTrajectory, 'policy_chunk', self.chunks.append, COMMAND)
        self.node.create_subscription(
            JointTrajectoryPoint, 'policy_action', self.actions.append, COMMAND
        )

    def measure(self, names=CELL.joint_names, position=CELL.home) -> None:
        now_ns = self.node.get_clock().now().nanoseconds
        sample = JointSample(now_ns, position, np.zeros(len(position)))
        self.joints.publish(joints_to_msg(sample, names))

    def wait(self, condition, act=lambda: None, timeout_s: float = 120.0) -> None:
        """Spin until a condition holds, acting as often as a camera takes pictures.

        Acting in every turn would leave the inference thread hardly any time, and its answer
        would come too late to be used.
        """
        deadline = time.monotonic() + timeout_s
        next_act = 0.0
        while not condition():
            now = time.monotonic()
            assert now < deadline, f'condition not met in time: {self.server._check()}'
            if now >= next_act:
                next_act = now + CAMERA_PERIOD_S
                act()
            self.executor.spin_once(timeout_sec=0.02)


@pytest.fixture
def server(ros):
    node = PolicyServer()
    yield node
    node.shut_down()
    node.destroy_node()


@pytest.fixture
def robot(server):
    executor = SingleThreadedExecutor()
    executor.add_node(server)
    robot = Robot(executor, server)
    yield robot
    executor.shutdown()
    robot.node.destroy_node()


def use(server, **values) -> None:
    for name, value in values.items():
        server._parameters[name] = Parameter(name, value=value)


def test_chunks_carry_the_observations_stamp_and_the_cells_names(server, robot):
    use(server, backend='hold')
    assert server.trigger_configure() == TransitionCallbackReturn.SUCCESS
    server.trigger_activate()
    robot.wait(lambda: robot.chunks, robot.measure)
    chunk = robot.chunks[0]
    assert tuple(chunk.joint_names) == CELL.joint_names
    assert from_stamp(chunk.points[1].time_from_start) == 100_000_000
    now_ns = robot.node.get_clock().now().nanoseconds
    assert 0 <= now_ns - from_stamp(chunk.header.stamp) < 10_000_000_000
    robot.wait(lambda: robot.actions, robot.measure)
    assert list(robot.actions[0].positions) == pytest.approx(CELL.home.tolist())


def test_the_identity_is_published_while_a_policy_is_loaded(server, robot):
    said = []
    robot.node.create_subscription(
        String, 'policy_server/identity', lambda msg: said.append(msg.data), LATCHED
    )
    robot.wait(lambda: said == [''])
    use(server, backend='hold')
    server.trigger_configure()
    robot.wait(lambda: len(said) == 2)
    assert from_json(said[1]) == identity_of(load_deployment(backend='hold'), precision='auto')
    assert server._check().values['policy_sha256'] == from_json(said[1]).sha256
    server.trigger_activate()
    server.trigger_deactivate()
    server.trigger_cleanup()
    robot.wait(lambda: len(said) == 3)
    assert said[2] == ''
    use(server, backend='remote', policy_source='ws://127.0.0.1:1')
    assert server.trigger_configure() == TransitionCallbackReturn.FAILURE
    late = []
    robot.node.create_subscription(
        String, 'policy_server/identity', lambda msg: late.append(msg.data), LATCHED
    )
    robot.wait(lambda: late)
    assert {*late, *said[2:]} == {''}


def test_permuted_joint_states_are_read_by_name(server, robot):
    use(server, backend='hold')
    server.trigger_configure()
    server.trigger_activate()
    names, position = CELL.joint_names[::-1], CELL.home[::-1]
    robot.wait(lambda: robot.chunks, lambda: robot.measure(names, position))
    assert list(robot.chunks[0].points[0].positions) == pytest.approx(CELL.home.tolist())


def with_swapped_joints(folder, *keys) -> str:
    """Write the shipped policy file with the first two joints swapped; return its path."""
    first, second, *rest = CELL.joint_names
    swapped = (Component(joints=(second, first, *rest)),)
    policy = replace(DEPLOYMENT.policy, **dict.fromkeys(keys, swapped))
    write_policy_file(folder, policy)
    return str(folder / FILE_NAME)


def test_policy_action_is_in_the_cells_order_whatever_the_policys_is(server, robot, tmp_path):
    path = with_swapped_joints(tmp_path, 'state', 'action')
    use(server, policy_path=path, backend='hold')
    assert server.trigger_configure() == TransitionCallbackReturn.SUCCESS
    server.trigger_activate()
    robot.wait(lambda: robot.actions, robot.measure)
    assert list(robot.actions[0].positions) == pytest.approx(CELL.home.tolist())


def test_joint_states_without_a_joint_give_no_chunk_and_a_reason(server, robot):
    use(server, backend='hold')
    server.trigger_configure()
    server.trigger_activate()
    robot.wait(
        lambda: server._check().message == f'waiting: joint_states: no {GRIPPER} yet',
        lambda: robot.measure(CELL.joint_names[:7], CELL.home[:7]),
    )
    assert robot.chunks == []


def test_joint_states_of_separate_drivers_are_merged(server, robot):
    use(server, backend='hold')
    server.trigger_configure()
    server.trigger_activate()

    def measure() -> None:
        robot.measure(CELL.joint_names[:7], CELL.home[:7])
        robot.measure([GRIPPER], [0.4])

    robot.wait(lambda: robot.chunks, measure)
    assert list(robot.chunks[0].points[0].positions) == pytest.approx([*CELL.home[:7], 0.4])


def test_a_message_that_names_a_joint_twice_is_refused(server, robot):
    use(server, backend='hold')
    server.trigger_configure()
    server.trigger_activate()
    twice = [*CELL.joint_names, GRIPPER]
    robot.wait(lambda: server._rejected_messages, lambda: robot.measure(twice, np.zeros(9)))
    assert server._check().message == 'waiting: no joint_states'


def test_a_checkpoint_that_does_not_exist_fails_configuration(server):
    use(server, backend='lerobot', policy_path='./nowhere')
    assert server.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert "checkpoint './nowhere' not found" in server.failure


def test_a_policy_that_takes_long_to_load_is_said_to_be_loading(server, robot):
    """The server's thread is busy, so that another one has to say it."""
    said, is_said = [], threading.Event()

    def hear(msg):
        said.extend(status.message for status in msg.status)
        is_said.set()

    robot.node.create_subscription(DiagnosticArray, 'diagnostics', hear, STATE)
    SLOW.clear()
    use(server, backend=f'{__name__}:make_slow')
    thread = threading.Thread(target=server.trigger_configure)
    thread.start()
    robot.executor.remove_node(server)
    robot.wait(is_said.is_set)
    SLOW.set()
    thread.join(60.0)
    assert re.fullmatch(r'policy loading, \d+ s', said[0])
    assert LOADING_S not in server._check().values


def test_deactivated_it_publishes_nothing(server, robot):
    use(server, backend='hold')
    server.trigger_configure()
    server.trigger_activate()
    robot.wait(lambda: robot.chunks, robot.measure)
    server.trigger_deactivate()
    robot.executor.spin_once(timeout_sec=0.2)
    robot.chunks.clear()
    sent = [0]

    def act():
        robot.measure()
        sent[0] += 1

    robot.wait(lambda: sent[0] > 60, act)
    assert robot.chunks == []


IMAGE = np.random.default_rng(0).integers(0, 256, (384, 384, 3), np.uint8)


class Camera:
    """Publishes one image again and again, raw or as PNG."""

    def __init__(self, robot, is_compressed: bool = False) -> None:
        self._robot = robot
        self._is_compressed = is_compressed
        camera = CELL.cameras[0]
        kind, end = (CompressedImage, '/compressed') if is_compressed else (Image, '')
        topic = f'{camera.topic}/image_raw{end}'
        self._publisher = robot.node.create_publisher(kind, topic, SENSOR)

    def shoot(self, stamp_ns: int) -> None:
        msg = image_to_msg(IMAGE, stamp_ns, 'camera')
        if self._is_compressed:
            png = cv2.imencode('.png', IMAGE[:, :, ::-1])[1]
            msg = CompressedImage(header=msg.header, format='png', data=png.tobytes())
        self._publisher.publish(msg)

    def show(self) -> None:
        self._robot.measure()
        self.shoot(self._robot.node.get_clock().now().nanoseconds)


@pytest.mark.parametrize('is_compressed', [False, True])
def test_node_and_core_give_the_same_chunk_bit_for_bit(server, robot, is_compressed, tmp_path):
    own = tmp_path / 'own.yaml'
    shipped = find_config('deployments', 'panda_lift_cube').read_text()
    transport = 'compressed' if is_compressed else 'raw'
    own.write_text(f'{shipped}overrides:\n  cell.cameras.top.transport: {transport}\n')
    use(server, precision='fp32', deployment=str(own))
    assert server.trigger_configure() == TransitionCallbackReturn.SUCCESS
    server.trigger_activate()
    camera = Camera(robot, is_compressed)
    robot.wait(lambda: robot.chunks, camera.show)
    served = np.array([point.positions for point in robot.chunks[0].points])
    policy = make_policy(DEPLOYMENT, 'cpu', 'fp32')
    seen = Observation(0, CELL.home, {'top': IMAGE}, 'lift the cube')
    assert np.array_equal(served, policy.infer(seen).positions)


def test_diagnostics_tell_where_the_time_goes(server, robot):
    use(server, precision='fp32')
    server.trigger_configure()
    server.trigger_activate()
    camera = Camera(robot)
    robot.wait(lambda: len(robot.chunks) > 1, camera.show)
    health = server._check()
    for stage in ('observation_age', 'preprocess', 'model', 'postprocess', 'publish'):
        assert health.values[f'{stage}_p95_ms'] > 0
    assert health.values['chunks'] >= 2
    assert health.values['seam_distance_p50_rad'] is not None
    assert health.values['starved_periods'] == 0
    assert health.values['notes'] == ''


def test_an_image_of_the_wrong_size_is_rejected(server, robot):
    use(server, backend='lerobot', check_policy=False)
    server.trigger_configure()
    server.trigger_activate()
    publisher = robot.node.create_publisher(Image, 'camera/color/image_raw', SENSOR)

    def act():
        robot.measure()
        publisher.publish(image_to_msg(IMAGE[:100], 0, 'camera'))

    robot.wait(lambda: server._rejected_messages, act)
    assert server._check().message == 'waiting: no image from camera top'


def test_another_rate_than_the_policy_has_is_refused(server):
    use(server, backend='lerobot', check_policy=False, control_freq=25.0)
    assert server.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert 'control_freq: found 25.0; allowed: 10, the rate of policy' in server.failure


def test_more_steps_than_the_checkpoints_chunk_has_are_refused_at_configuration(server):
    use(server, backend='lerobot', policy_path='panda_lift_act', execute_steps=1000)
    errors = []
    server.get_logger().error = lambda text, **_: errors.append(text)
    assert server.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert 'execute_steps: found 1000, and a chunk of this policy has 16' in errors[0]


def test_more_steps_than_the_first_chunk_has_are_an_error_and_nothing_is_published(server, robot):
    use(server, backend='hold', execute_steps=17)
    assert server.trigger_configure() == TransitionCallbackReturn.SUCCESS
    server.trigger_activate()
    robot.wait(lambda: server._check().level == ERROR, robot.measure)
    health = server._check()
    assert 'execute_steps: found 17, and a chunk of this policy has 16' in health.message
    assert health.values['failed_inferences'] == 1
    assert not robot.chunks


def make_blind(deployment, device):
    """Build a policy that answers the same to every image."""
    home = deployment.cell.home

    class Blind:
        needs_images = True
        needs_extras = ()

        def infer(self, observation):
            return ActionChunk(observation.stamp_ns, 100_000_000, np.tile(home, (16, 1)))

        def reset(self):
            pass

    return Blind()


def test_a_policy_that_fails_its_self_test_is_refused_unless_it_is_off(server):
    use(server, backend=f'{__name__}:make_blind')
    assert server.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert 'images: black, white or real image change the answer by: top 0' in server.failure
    use(server, check_policy=False)
    assert server.trigger_configure() == TransitionCallbackReturn.SUCCESS


def test_an_order_that_was_mapped_is_said(server, tmp_path):
    use(server, policy_path=with_swapped_joints(tmp_path, 'state'), check_policy=False)
    assert server.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert server._check().values['notes'].startswith('observation.state: mapped by name')


class Gated:
    """Answers when it is let go, or does what it is told instead."""

    needs_images = False
    needs_extras = ()

    def __init__(self, home) -> None:
        self.go, self.entered = threading.Event(), threading.Event()
        self.home, self.fault = home, None

    def infer(self, observation):
        self.entered.set()
        assert self.go.wait(60)
        if self.fault is not None:
            raise self.fault
        return ActionChunk(observation.stamp_ns, 100_000_000, np.tile(self.home, (16, 1)))

    def reset(self):
        pass


GATED, SLOW = [], threading.Event()


def make_slow(deployment, device):
    assert SLOW.wait(60)
    return Gated(deployment.cell.home)


def make_gated(deployment, device):
    GATED.append(Gated(deployment.cell.home))
    return GATED[-1]


@pytest.fixture
def gated(server):
    """Return the policy of a server that is active."""
    use(server, backend=f'{__name__}:make_gated')
    assert server.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert server.trigger_activate() == TransitionCallbackReturn.SUCCESS
    yield GATED[-1]
    GATED[-1].go.set()


def test_session_and_publishing_run_in_the_executors_thread(server, robot, gated):
    gated.go.set()
    threads = set()
    finish, publish = server._session.finish, server._chunk_pub.publish

    def finish_here(*arguments):
        threads.add(('finish', threading.current_thread()))
        return finish(*arguments)

    def publish_here(msg):
        threads.add(('publish', threading.current_thread()))
        publish(msg)

    server._session.finish, server._chunk_pub.publish = finish_here, publish_here
    robot.wait(lambda: robot.chunks, robot.measure)
    here = threading.current_thread()
    assert threads == {('finish', here), ('publish', here)}
    assert server._check().values['handover_p50_ms'] > 0


def test_an_answer_wakes_the_executor(server, robot, gated):
    robot.wait(gated.entered.is_set, robot.measure)
    # Nothing but the answer could end this: no message, and no timer for that long.
    for timer in list(server.timers):
        timer.cancel()
    robot.executor.spin_once(timeout_sec=0.0)
    gated.go.set()
    started_s = time.monotonic()
    while server._session.counts['chunks'] == 0:
        assert time.monotonic() - started_s < 60
        robot.executor.spin_once(timeout_sec=60.0)


def restart_by_lifecycle(server, robot) -> None:
    server.trigger_deactivate()
    server.trigger_activate()


def restart_by_reset(server, robot) -> None:
    client = robot.node.create_client(Trigger, 'policy_server/reset')
    robot.wait(client.service_is_ready)
    future = client.call_async(Trigger.Request())
    robot.wait(future.done)


@pytest.mark.parametrize('restart', [restart_by_lifecycle, restart_by_reset])
def test_a_restart_drops_the_running_answer(server, robot, gated, restart):
    robot.wait(gated.entered.is_set, robot.measure)
    before_ns = robot.node.get_clock().now().nanoseconds
    restart(server, robot)
    gated.go.set()
    robot.wait(lambda: robot.chunks, robot.measure)
    assert from_stamp(robot.chunks[0].header.stamp) >= before_ns
    assert server._check().values['chunks'] == len(robot.chunks)


def test_a_cleanup_during_an_inference_publishes_nothing(server, robot, gated):
    robot.wait(gated.entered.is_set, robot.measure)
    server.trigger_deactivate()
    gated.go.set()
    assert server.trigger_cleanup() == TransitionCallbackReturn.SUCCESS
    assert server.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert server.trigger_activate() == TransitionCallbackReturn.SUCCESS
    assert robot.chunks == []
    GATED[-1].go.set()
    robot.wait(lambda: robot.chunks, robot.measure)
    assert server._check().message == 'serving'


def test_an_inference_thread_that_ends_is_said_and_not_started_again(server, robot, gated):
    heard = []
    robot.node.create_subscription(DiagnosticArray, 'diagnostics', heard.append, STATE)
    gated.fault = SystemExit('foreign code')
    gated.go.set()
    failure = 'inference thread ended: SystemExit: foreign code'
    robot.wait(
        lambda: (
            heard and (heard[-1].status[0].level, heard[-1].status[0].message) == (ERROR, failure)
        ),
        robot.measure,
    )
    assert robot.chunks == []
    assert server.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    assert server.trigger_activate() == TransitionCallbackReturn.FAILURE
    assert server.failure == f'{failure}; allowed: configure again'
    assert server.trigger_cleanup() == TransitionCallbackReturn.SUCCESS
    assert server.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert server.trigger_activate() == TransitionCallbackReturn.SUCCESS
    GATED[-1].go.set()
    robot.wait(lambda: robot.chunks, robot.measure)


class Continuing:
    """Moves one joint, and keeps what it was told to continue."""

    needs_images = False
    needs_extras = ()

    def __init__(self, home) -> None:
        self.home, self.committed = home, []

    def prepare_to_continue(self) -> None:
        """Nothing is needed."""

    def infer(self, observation):
        self.committed.append(observation.committed)
        way = np.tile(self.home, (16, 1))
        way[:, 0] += 0.01 * np.arange(16)
        return ActionChunk(observation.stamp_ns, 100_000_000, way)

    def reset(self):
        pass


CONTINUING = []


def make_continuing(deployment, device):
    CONTINUING.append(Continuing(deployment.cell.home))
    return CONTINUING[-1]


def test_rtc_goes_on_from_what_the_filter_says_it_plays(server, robot):
    """Of an arm at a tenth of its speed: the filter is at the first steps of the chunk yet."""
    use(server, backend=f'{__name__}:make_continuing', mode='rtc', execute_steps=2)
    assert server.trigger_configure() == TransitionCallbackReturn.SUCCESS
    status = robot.node.create_publisher(DiagnosticStatus, 'action_filter/status', STATE)
    server.trigger_activate()
    policy = CONTINUING[-1]

    def act() -> None:
        robot.measure()
        if not robot.chunks:
            return
        stamp_ns = from_stamp(robot.chunks[-1].header.stamp)
        now_ns = robot.node.get_clock().now().nanoseconds
        plan = PlanProgress(
            TakenChunk(stamp_ns, stamp_ns), now_ns, stamp_ns + (now_ns - stamp_ns) // 10, 0.1
        )
        said = FilterStatus(Verdict.CLAMP, plan=plan)
        status.publish(status_msg('action_filter', Health(OK, said.message, said.values())))

    robot.wait(lambda: len([c for c in policy.committed if c is not None]) > 2, act)
    assert policy.committed[0] is None
    for committed in filter(None, policy.committed):
        # By the clock two of the sixteen steps were played; the arm has made a fifth of one.
        assert len(committed.positions) >= 15
        assert committed.positions[0, 0] - CELL.home[0] < 0.01
