import json
import time
import urllib.error
import urllib.request

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.utilities import get_default_context
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Bool, String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.cell import load_cell
from vla_contract.filter_status import (
    FilterStatus,
    Reason,
    ReasonCode,
    TakenChunk,
    Verdict,
)
from vla_contract.ros.messages.images import image_to_msg
from vla_contract.ros.messages.joints import chunk_to_msg, joints_to_msg
from vla_contract.ros.node.diagnostics import ERROR, Health, OK, status_msg
from vla_contract.ros.node.node_thread import NodeThread
from vla_contract.ros.qos import COMMAND, LATCHED, SENSOR, STATE
from vla_contract.values import ActionChunk, JointSample
from vla_policy_server.wire.server_settings import ServerSettings
from vla_rollout.episodes.control import EpisodeControl
from vla_rollout.web.live_view import LiveView
from vla_rollout.web.progress import RunProgress
from vla_rollout.web.ros.web_monitor import web_page

CELL = load_cell('panda_table')
CAMERA = CELL.cameras[0]
NAMES = CELL.joint_names


@pytest.fixture
def robot(ros):
    node = rclpy.create_node('robot')
    yield node
    node.destroy_node()


def open_page():
    return web_page(
        get_default_context(),
        CELL,
        ServerSettings(port=0),
        has_simulator=False,
        control=EpisodeControl(),
        progress=RunProgress(5),
    )


def press(url, button):
    """Return what is said to a press."""
    headers = {'Content-Type': 'application/json'}
    request = urllib.request.Request(f'{url}press/{button}', b'{}', headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())['said']
    except urllib.error.HTTPError as error:
        return json.loads(error.read())['said']


def states(url):
    """Yield what the page is sent, until whoever asks has seen enough."""
    with urllib.request.urlopen(url + 'events', timeout=120) as stream:
        for line in stream:
            if line.startswith(b'data: ') and b'"cycle"' in line:
                yield json.loads(line.removeprefix(b'data: '))


def test_what_the_topics_say_is_on_the_page(robot):
    kinds = {
        'joint_states': (JointState, STATE),
        'action_filter/desired': (JointState, STATE),
        'action_filter/action': (JointState, STATE),
        'action_filter/status': (DiagnosticStatus, STATE),
        'policy_chunk': (JointTrajectory, COMMAND),
        'diagnostics': (DiagnosticArray, STATE),
        'instruction': (String, LATCHED),
        f'{CAMERA.topic}/image_raw': (Image, SENSOR),
    }
    topics = {name: robot.create_publisher(kind, name, qos) for name, (kind, qos) in kinds.items()}
    topics['instruction'].publish(String(data='lift the cube'))
    picture = np.full((CAMERA.height, CAMERA.width, 3), 90, np.uint8)

    def publish():
        now_ns = robot.get_clock().now().nanoseconds
        sample = joints_to_msg(JointSample(now_ns, CELL.home, np.zeros(8)), NAMES)
        chunk = ActionChunk(now_ns, 100_000_000, np.tile(CELL.home + 0.2, (30, 1)))
        taken = (TakenChunk(now_ns, now_ns),)
        limit = Reason('velocity', ReasonCode.VELOCITY)
        said = FilterStatus(Verdict.CLAMP, limit, is_sending=True, taken=taken, human=('arm',))
        verdict = status_msg('action_filter', Health(OK, said.message, said.values()))
        asked = joints_to_msg(JointSample(now_ns, CELL.home + 0.2, np.zeros(8)), NAMES)
        alarm = status_msg('recorder', Health(ERROR, 'disk full', {}))
        topics['joint_states'].publish(sample)
        topics['action_filter/status'].publish(verdict)
        topics['policy_chunk'].publish(chunk_to_msg(chunk, NAMES))
        topics['action_filter/desired'].publish(asked)
        topics['action_filter/action'].publish(sample)
        topics['diagnostics'].publish(DiagnosticArray(status=[alarm]))
        topics[f'{CAMERA.topic}/image_raw'].publish(image_to_msg(picture, now_ns, CAMERA.frame))

    with open_page() as url:
        for state in states(url):
            publish()
            cycle = state['cycle']
            everything = (state['images'], state['alarms'], state['instruction'], cycle)
            everything += ('chunk' in state,)
            if all(everything) and cycle['raw'] and cycle['verdict'] == 'clamp':
                break
    assert cycle['reason'] == 'velocity'
    assert cycle['measured'] == pytest.approx(CELL.home, abs=1e-4)
    assert cycle['raw'] == pytest.approx(CELL.home + 0.2, abs=1e-4)
    assert state['chunk'][0] == pytest.approx(CELL.home + 0.2, abs=1e-4)
    assert state['instruction'] == 'lift the cube'
    assert state['alarms'][0]['text'] == 'disk full'
    assert list(state['images']) == [CAMERA.name]
    assert set(state['rates']) == {CAMERA.name, 'joint_states', 'policy_chunk'}
    assert 0.0 <= state['rates'][CAMERA.name]['age_s'] < 60.0
    assert state['answer']['allowed_s'] == 3.0
    assert state['human'] == ['arm']


def test_a_page_whose_callbacks_ended_says_so_and_the_rollout_goes_on(robot, monkeypatch):
    def see_image(view, camera, image):
        raise RuntimeError('a fault')

    monkeypatch.setattr(LiveView, 'see_image', see_image)
    publisher = robot.create_publisher(Image, f'{CAMERA.topic}/image_raw', SENSOR)
    picture = np.full((CAMERA.height, CAMERA.width, 3), 90, np.uint8)
    with open_page() as url:
        for state in states(url):
            publisher.publish(image_to_msg(picture, 1, CAMERA.frame))
            if state['alarms']:
                break
    assert state['alarms'][0]['text'] == 'the page shows nothing new: RuntimeError: a fault'


def spin_until(node, condition):
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    deadline = time.monotonic() + 60.0
    while not condition():
        assert time.monotonic() < deadline
        executor.spin_once(timeout_sec=0.05)
    executor.remove_node(node)


def test_the_e_stop_says_nothing_before_it_is_pressed(robot):
    heard = []
    robot.create_subscription(Bool, 'e_stop', lambda msg: heard.append(msg.data), LATCHED)
    with open_page() as url:
        spin_until(robot, lambda: robot.count_publishers('e_stop') == 1)
        press(url, 'release')
        assert press(url, 'e_stop') == 'e-stop pressed: the arm brakes'
        spin_until(robot, lambda: heard)
        assert heard == [True]
        press(url, 'release')
        spin_until(robot, lambda: len(heard) > 1)
    assert heard == [True, False]


def test_a_reset_is_that_of_the_filter(robot):
    answers = [(True, 'reset'), (False, 'e_stop is still pressed')]

    def reset(_, response):
        response.success, response.message = answers.pop(0)
        return response

    with open_page() as url:
        assert press(url, 'reset') == (
            'action_filter/reset: found no such service; is the action filter there?'
        )
        robot.create_service(Trigger, 'action_filter/reset', reset)
        thread = NodeThread('spins_robot', get_default_context())
        thread._executor.add_node(robot)
        thread.start()
        try:
            said = ''
            while said != 'reset':
                said = press(url, 'reset')
                assert 'found no such service' in said or said == 'reset'
            assert press(url, 'reset') == 'e_stop is still pressed'
        finally:
            thread.close()
