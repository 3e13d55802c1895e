"""However a rollout ends, it stops the filter first, at once, and says why it ended."""

from itertools import pairwise
import os
import signal
import time

from bare_robot import read_summary, run_folder, wait_until
from mcap.reader import make_reader
import pytest
from rclpy.parameter import Parameter
from vla_rollout.recording.ros.recorder_node import Recorder

LONG = ('--episodes', '3', '--time-limit-s', '3600')
# What is wrong with an image, and what is said of it.
BAD_IMAGES = [
    ({'encoding': 'nv24', 'step': 768}, "found encoding 'nv24'"),
    ({'data': bytes(1000)}, 'found 1000 bytes for 384 x 384 rgb8'),
    ({'height': 0}, 'found 384 x 0; allowed: 384 x 384'),
    ({'width': 640, 'step': 1920}, 'found 640 x 384; allowed: 384 x 384'),
]


def begin(robot, start, *more, fault=''):
    """Start a rollout and its first episode."""
    rollout = start(*LONG, *more, fault=fault)
    robot.order_when_allowed('start')
    wait_until(robot.is_moving)
    wait_until(lambda: bool(robot.filter.watched_s))
    return rollout


def assert_stopped(robot, since_s: float) -> None:
    wait_until(lambda: not robot.filter.is_active)
    assert robot.filter.stopped_s - since_s < 1.0


# SIGTERM ends rollouts in test_rollout; each of them is asked in test_interruption.
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGHUP])
def test_a_signal_twice_stops_the_arm_once(robot, start, number):
    rollout = begin(robot, start)
    since_s = time.monotonic()
    rollout.process.send_signal(number)
    rollout.process.send_signal(number)
    assert_stopped(robot, since_s)
    assert rollout.finish() == 130
    assert rollout.said.endswith('the arm rests\ninterrupted\n')
    assert not robot.is_moving()


@pytest.mark.parametrize(
    ('fault', 'status', 'said'),
    [
        ('callback raises', 1, 'RuntimeError: a fault'),
        ('callback exits', 3, 'the arm rests'),
        ('loop raises', 1, 'RuntimeError: a fault'),
        ('loop exits', 3, 'the arm rests'),
        ('Ctrl-C is swallowed', 130, 'the arm rests'),
    ],
)
def test_an_error_of_any_kind_stops_the_arm_and_is_told(robot, start, fault, status, said):
    rollout = begin(robot, start, fault=fault)
    since_s = time.monotonic()
    rollout.process.send_signal(signal.SIGUSR1)
    assert_stopped(robot, since_s)
    assert rollout.finish() == status
    assert said in rollout.said
    assert not robot.is_moving()


@pytest.mark.parametrize(
    'fault', ['callback hangs', 'loop hangs', signal.SIGKILL, signal.SIGSTOP], ids=str
)
def test_who_no_longer_watches_falls_silent(robot, start, fault):
    """The filter's part of it, to brake, is tested with the filter."""
    is_signal = isinstance(fault, signal.Signals)
    rollout = begin(robot, start, fault='' if is_signal else fault)
    watched_s = robot.filter.watched_s
    wait_until(lambda: len(watched_s) > 20)
    assert max(b - a for a, b in pairwise(watched_s)) < 0.5
    rollout.process.send_signal(fault if is_signal else signal.SIGUSR1)
    since_s = time.monotonic()
    wait_until(lambda: time.monotonic() - max(since_s, watched_s[-1]) > 0.5)
    assert watched_s[-1] - since_s < 0.4


def test_nobody_watches_while_the_arm_rests(robot, start):
    rollout = begin(robot, start)
    robot.order_when_allowed('pause')
    wait_until(lambda: not robot.is_moving())
    since_s = time.monotonic()
    wait_until(lambda: time.monotonic() - since_s > 0.5)
    assert robot.filter.watched_s[-1] - robot.filter.stopped_s < 0.3
    robot.order_when_allowed('stop')
    assert rollout.finish() == 0, rollout.said


def test_a_bad_image_is_counted_and_said_once(robot, start, tmp_path):
    """In one run, an episode for each: what was seen in one is forgotten in the next."""
    rollout = start('--episodes', str(len(BAD_IMAGES)), '--time-limit-s', '3600')
    for number, (wrong, said) in enumerate(BAD_IMAGES):
        robot.order_when_allowed('start')
        wait_until(robot.is_moving)
        wait_until(lambda: robot.images.get_subscription_count() > 0)
        robot.show()
        for _ in range(3):
            robot.show(**wrong)
            rollout.wait_for(said)
        robot.order_when_allowed('failure')
        wait_until(lambda done=number + 1: len(results(tmp_path)) == done)
        assert 1 <= results(tmp_path)[number]['bad_images'] <= 3
    assert rollout.finish() == 0, rollout.said
    assert [rollout.said.count(said) for _, said in BAD_IMAGES] == [1] * len(BAD_IMAGES)


def results(folder):
    return read_summary(folder / 'runs')['results']


def test_a_video_on_a_full_disk_ends_the_run_at_rest(robot, start, tmp_path):
    rollout = start(*LONG)
    rollout.wait_for('place the object')
    videos = run_folder(tmp_path / 'runs') / 'videos'
    videos.mkdir(exist_ok=True)
    (videos / 'episode_02_seed_1.mp4').symlink_to('/dev/full')
    robot.order_when_allowed('start')
    robot.order_when_allowed('success')
    robot.order_when_allowed('start')
    wait_until(robot.is_moving)
    since_s = time.monotonic()
    noise = os.urandom(384 * 384 * 3)  # it fills what is buffered before the disk
    while robot.filter.is_active and time.monotonic() - since_s < 10.0:
        robot.show(data=noise)
        time.sleep(0.01)
    assert_stopped(robot, since_s)
    assert rollout.finish() == 1
    assert 'error: cannot write' in rollout.said
    assert 'No space left on device' in rollout.said
    (result,) = read_summary(tmp_path / 'runs')['results']
    assert result['success']
    assert not robot.is_moving()


def test_a_summary_on_a_full_disk_ends_the_run_at_rest(robot, start, tmp_path):
    rollout = begin(robot, start, fault='summary on a full disk')
    rollout.process.send_signal(signal.SIGUSR1)
    robot.order_when_allowed('failure')
    assert rollout.finish() == 1
    assert 'No space left on device' in rollout.said
    assert not robot.is_moving()
    assert read_summary(tmp_path / 'runs')['results'] == []


@pytest.mark.parametrize('end', ['pause', signal.SIGINT], ids=str)
def test_a_policy_server_that_hangs_does_not_keep_the_filter_active(robot, start, end):
    rollout = begin(robot, start)
    robot.executor.remove_node(robot.policy)
    since_s = time.monotonic()
    if isinstance(end, signal.Signals):
        rollout.process.send_signal(end)
    else:
        assert robot.order(end).success
    assert_stopped(robot, since_s)
    if isinstance(end, signal.Signals):
        assert rollout.finish() == 130
        assert time.monotonic() - since_s < 4.0
    else:
        assert rollout.finish() == 2
    assert 'an answer of service policy_server/' in rollout.said


@pytest.fixture
def recorder(robot, tmp_path):
    recorder = Recorder()
    recorder._parameters['folder'] = Parameter('folder', value=str(tmp_path / 'recordings'))
    recorder.trigger_configure()
    recorder.trigger_activate()
    robot.executor.add_node(recorder)
    yield recorder
    recorder.shut_down()
    recorder.destroy_node()


def test_a_recorder_that_dies_in_an_episode_is_said_at_once(robot, recorder, start):
    rollout = begin(robot, start, '--record')
    robot.executor.remove_node(recorder)
    since_s = time.monotonic()
    wait_until(lambda: not robot.filter.is_active)
    assert robot.filter.stopped_s - since_s < 4.0
    assert rollout.finish() == 2
    assert 'error: recorder: silent for 2 s, the episode is no longer recorded' in rollout.said


def test_a_recording_that_fails_in_an_episode_is_said_at_once(robot, recorder, start):
    rollout = begin(robot, start, '--record')
    recorder._recorder.failure = 'episode.mcap ended early: No space left on device'
    since_s = time.monotonic()
    assert_stopped(robot, since_s)
    assert rollout.finish() == 2
    assert 'error: recorder: episode.mcap ended early: No space left' in rollout.said


def test_an_episode_that_is_interrupted_is_kept_as_incomplete(robot, recorder, start, tmp_path):
    rollout = begin(robot, start, '--record')
    rollout.process.send_signal(signal.SIGTERM)
    assert rollout.finish() == 130
    assert not recorder._recorder.is_recording
    (path,) = (tmp_path / 'recordings').glob('*.mcap')
    with path.open('rb') as stream:
        notes = next(iter(make_reader(stream).iter_metadata())).metadata
    assert notes == {'incomplete': 'KeyboardInterrupt'}


def test_a_killed_rollout_leaves_the_recorder_to_the_next_one(robot, recorder, start, tmp_path):
    begin(robot, start, '--record').process.kill()
    rollout = start(*LONG, '--record')
    rollout.wait_for('place the object')
    robot.order_when_allowed('start')
    wait_until(lambda: len(list((tmp_path / 'recordings').glob('*.mcap'))) == 1)
    robot.order_when_allowed('success')
    robot.order_when_allowed('stop')
    assert rollout.finish() == 0, rollout.said
    assert len(list((tmp_path / 'recordings').glob('*.mcap'))) == 2
