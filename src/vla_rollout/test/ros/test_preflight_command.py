"""The command without a person, interrupted, and beside a supervisor that it can have lock."""

import json
import os
import signal
import subprocess
import sys
import threading

from bare_robot import wait_until
import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import String
from std_srvs.srv import Trigger
from vla_contract.ros.qos import COMMAND
from vla_rollout.preflight.questions import QUESTIONS
from vla_rollout.preflight.seal import unsealed

QUESTION = 'the emergency stop of the robot is in reach'


class Supervisor:
    """Counts who asks it to lock, and what is heard on `watch`."""

    def __init__(self) -> None:
        self.node = Node('supervisor')
        self.locks, self.heard = 0, []
        self.node.create_service(Trigger, 'supervisor/lock', self._lock)
        self.node.create_subscription(
            String, 'watch', lambda msg: self.heard.append(msg.data), COMMAND
        )
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self.thread = threading.Thread(target=self.executor.spin, daemon=True)
        self.thread.start()

    def _lock(self, request, response):
        self.locks += 1
        response.success, response.message = True, 'the arm stands and the filter is locked'
        return response

    def close(self) -> None:
        self.executor.shutdown()
        self.thread.join(60.0)
        self.node.destroy_node()


@pytest.fixture
def supervisor(ros):
    supervisor = Supervisor()
    yield supervisor
    supervisor.close()


class Preflight:
    """The command with a person at its standard input."""

    def __init__(self, folder, *more) -> None:
        self.json, self._log = folder / 'p.json', folder / 'log'
        command = [sys.executable, '-m', 'vla_rollout.preflight.ros.preflight', '--operator', 'T']
        command += ['--backend', 'hold', '--json', str(self.json), '--runs', str(folder), *more]
        with self._log.open('wb') as stream:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=stream, stderr=stream, env=os.environ
            )

    @property
    def said(self) -> str:
        # What is being written may end within a character.
        return self._log.read_text(errors='replace')

    def wait_for(self, text) -> None:
        wait_until(lambda: text in self.said or self.process.poll() is not None, 120.0)
        assert text in self.said, self.said

    def result(self) -> dict:
        return unsealed(json.loads(self.json.read_text()), self.json)


def assert_kept(preflight, why) -> None:
    """What was found until then is on disk, under its digest, and did not pass."""
    result = preflight.result()
    assert result['passed'] is False
    names = [item['name'] for item in result['items']]
    assert names[0] == 'workspace configured'
    assert 'identity of the policy' in names
    assert (names[-1], result['items'][-1]['found']) == ('the whole checklist', why)
    assert result['policy_sha256'] == result['identity']['sha256'] != ''


def test_without_a_person_what_was_measured_is_kept(tmp_path, ros):
    preflight = Preflight(tmp_path, '--without-robot')
    preflight.process.stdin.close()
    assert preflight.process.wait(120.0) == 1, preflight.said
    assert_kept(preflight, 'nobody answers: the input has ended')
    assert 'Traceback' not in preflight.said


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_one_keeps_what_it_measured_and_has_the_filter_locked(
    tmp_path, supervisor, number
):
    preflight = Preflight(tmp_path)
    preflight.wait_for(QUESTION)
    wait_until(lambda: len(supervisor.heard) > 1)
    assert set(supervisor.heard) == {''}
    preflight.process.stdin.write(b'yes\n')
    preflight.process.stdin.flush()
    preflight.wait_for('nobody will step in')
    preflight.process.send_signal(number)
    assert preflight.process.wait(120.0) == 130, preflight.said
    assert_kept(preflight, 'interrupted')
    answered = [item for item in preflight.result()['items'] if item['name'].startswith(QUESTION)]
    assert [item['status'] for item in answered] == ['ok']
    assert supervisor.locks == 1
    assert 'supervisor/lock: the arm stands and the filter is locked' in preflight.said


def answer(preflight, *answers) -> dict:
    """Answer the questions, end the input, and return what was written."""
    preflight.process.stdin.write(b''.join(f'{word}\n'.encode() for word in answers))
    preflight.process.stdin.close()
    preflight.process.wait(120.0)
    return preflight.result()


def without_what_differs(result) -> list:
    """Leave out times and what is measured anew; `found` of items without a measurement stays."""
    measured = ('policy:', 'inference latency', 'disk space', *QUESTIONS)
    return [
        {**item, 'found': '' if item['name'].startswith(measured) else item['found']}
        for item in result['items']
    ]


def test_one_that_was_killed_goes_on_where_it_was_and_comes_to_the_same(tmp_path, ros):
    """Killed at the second of four questions, then resumed without its name and its file."""
    (tmp_path / 'whole').mkdir()
    whole = answer(Preflight(tmp_path / 'whole', '--without-robot'), *['yes'] * 4)
    preflight = Preflight(tmp_path, '--without-robot')
    preflight.process.stdin.write(b'yes\n')
    preflight.process.stdin.flush()
    preflight.wait_for('nobody will step in')
    preflight.process.kill()
    preflight.process.wait(60.0)
    broken = preflight.result()
    assert (broken['passed'], broken['is_complete']) == (False, False)
    assert broken['items'][-1]['found'] == f'no further than {QUESTIONS[0]}'

    resumed = Preflight(tmp_path, '--without-robot', '--resume', str(preflight.json))
    result = answer(resumed, *['yes'] * 3)
    assert result['is_complete'] is True
    # Its answer was kept, with the time at which it was given; the policy was looked at again,
    # because without recorded frames one of its items does not hold.
    assert result['items'][len(broken['items']) - 2] == broken['items'][-2]
    assert without_what_differs(result) == without_what_differs(whole)
    ours = {**result, 'date': '', 'items': []}
    assert ours == {**whole, 'date': '', 'items': []}
    assert result['date'] == broken['date']


def test_another_policy_does_not_go_on_with_it(tmp_path, ros):
    preflight = Preflight(tmp_path, '--without-robot')
    before = answer(preflight)
    other = ['--without-robot', '--resume', str(preflight.json), '--backend', 'scripted']
    refused = Preflight(tmp_path, *other)
    assert refused.process.wait(120.0) == 2
    assert 'is of something else: backend (scripted, not hold)' in refused.said
    assert preflight.result() == before


def test_one_that_cannot_load_the_policy_says_so_and_has_the_filter_locked(tmp_path, supervisor):
    preflight = Preflight(tmp_path, '--backend', 'no_such')
    assert preflight.process.wait(120.0) == 2, preflight.said
    assert "'no_such'" in preflight.said
    assert preflight.result()['passed'] is False
    assert supervisor.locks == 1
