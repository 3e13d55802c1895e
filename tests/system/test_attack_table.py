"""What tries to move a real arm without permission, or faster: each row ends with a still arm.

Or with one at the lowest speed, and a sentence that says why. What needs no graph is in
src/vla_rollout/test/deployment/test_attack_table.py.
"""

from datetime import datetime, timedelta, UTC
import json
import os
import signal

from lifecycle_msgs.msg import State
import pytest
from support.attacked_robot import attacked_robot, BACKEND, FIRST_SPEED, start_preflight
from support.command import written
from support.python_path import python_path
from support.said_remote import remote_identity, remote_that_says
from support.waiting import wait_for
from vla_contract.deployment.deployment import load_deployment
from vla_contract.ros import testing  # noqa: F401 - takes a ROS domain of its own
from vla_policy_server.identity.identify import identity_of

DOMAIN = int(os.environ['ROS_DOMAIN_ID'])
HOLD = identity_of(load_deployment(backend='hold'))
ONE, OTHER = 'a' * 64, 'b' * 64


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('PYTHONPATH', python_path())
        with attacked_robot(tmp_path_factory.mktemp('attacked'), DOMAIN) as robot:
            yield robot


@pytest.fixture
def moving(robot):
    """The robot in motion, released and watched; at the end locked again."""
    robot.moves()
    yield robot
    robot.unwatch()
    robot.desk.call('supervisor/lock')


def assert_refused(robot, sentence) -> None:
    released, said = robot.desk.call('supervisor/release')
    assert not released
    assert sentence in said
    robot.assert_locked()


def edit(path) -> None:
    path.write_text(path.read_text().replace('"passed": false', '"passed": true'))


LONG_AGO = (datetime.now(UTC) - timedelta(hours=13)).isoformat()
UNKNOWN = remote_identity('ws://gpu:8000', '')


@pytest.mark.parametrize(
    ('record', 'sentence'),
    [
        ({'date': LONG_AGO}, '13 hours old; allowed: 12'),
        ({'calibration_ids': {'top': 'another'}}, 'calibration of camera top'),
        ({'description_sha256': 'another'}, 'description of the robot ('),
        ({'policy': HOLD}, f'of something else: backend ({BACKEND}, not hold)'),
        ({'policy': UNKNOWN}, 'files of the policy ('),
    ],
    ids=[
        'stale preflight',
        'other calibration',
        'other description',
        'other backend',
        'empty hash',
    ],
)
def test_a_record_of_something_else_releases_nothing(robot, record, sentence):
    robot.serves(BACKEND)
    robot.passes(**record)
    assert_refused(robot, sentence)


def test_edited_preflight_json(robot):
    robot.passes(passed=False)
    edit(robot.preflight)
    assert_refused(robot, 'edited, or written on another machine')


def test_other_remote_behind_the_same_url(robot):
    with remote_that_says(ONE) as port:
        url = f'ws://127.0.0.1:{port}'
        robot.serves('remote', url)
        robot.passes(remote_identity(url, ONE))
        released, said = robot.desk.call('supervisor/release')
        assert released, said
    robot.unload()
    with remote_that_says(OTHER, port):
        assert_refused(robot, 'something else: files of the policy (bbbbbbbb, not aaaaaaaa)')


def test_policy_host_that_does_not_say_what_it_serves(robot):
    with remote_that_says('') as port:
        url = f'ws://127.0.0.1:{port}'
        robot.serves('remote', url)
        robot.passes()
        assert_refused(robot, f'{url} does not say what it serves')


def test_policy_swapped_after_the_release(moving):
    moving.serves('hold')
    wait_for(lambda: moving.supervisor_says.startswith('locked: '), 60.0, 'the supervisor')
    assert 'policy_server serves nothing any more' in moving.supervisor_says
    moving.assert_locked()
    assert_refused(moving, 'of something else: backend (hold, not ')


def test_speed_published_by_a_stranger(moving):
    moving.stranger_says(1.0)
    assert moving.fastest() <= FIRST_SPEED + 1e-6
    assert moving.values['speed_scale'] == '0.100'
    said = moving.values['speed_conflict']
    assert '(stranger, supervisor): the slowest counts, and supervisor alone goes beyond' in said
    moving.stranger_leaves()


def test_preflight_killed(robot, tmp_path):
    checked, said = robot.desk.call('supervisor/check')
    assert checked, said
    assert robot.desk.state('action_filter') == State.PRIMARY_STATE_ACTIVE
    preflight = start_preflight(tmp_path, robot.preflight)
    log = tmp_path / 'preflight.txt'
    wait_for(lambda: 'in reach of your hand?' in written(log), 60.0, 'the first question')
    # One that is killed before the supervisor has heard it never came; that is another row.
    heard = ('preflight_is_heard', 'True')
    wait_for(lambda: heard in robot.supervisor_values.items(), 60.0, 'preflight to be heard')
    preflight.kill()
    preflight.wait(60.0)
    wait_for(lambda: 'preflight has ended' in robot.supervisor_says, 60.0, 'the supervisor')
    robot.assert_locked()
    found = json.loads(robot.preflight.read_text())
    assert (found['passed'], found['is_complete']) == (False, False)
    assert_refused(robot, f'was broken off; go on with it: preflight --resume {robot.preflight}')


def test_supervisor_killed(robot):
    # The last row: services of the one that was killed are in the graph for another 20 s, and
    # clients that find those of both may never find the second.
    robot.moves()
    # Somebody who is there already does not take its place.
    robot.stranger_says(1.0)
    os.kill(robot.stack.pid('supervisor'), signal.SIGKILL)
    wait_for(lambda: robot.values['speed_scale'] == '0.000', 60.0, 'the filter to notice')
    wait_for(robot.stands, 60.0, 'the arm to stand')
    why = robot.values['speed_conflict']
    assert why.startswith('supervisor is not heard any more: the arm stands still')
    robot.stack.start()
    wait_for(
        lambda: robot.desk.state('action_filter') == State.PRIMARY_STATE_INACTIVE,
        60.0, 'the supervisor that comes after it to lock',
    )  # fmt: skip
    robot.assert_locked()
    robot.unwatch()
