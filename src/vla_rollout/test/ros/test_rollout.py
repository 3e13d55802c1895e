"""The command on a robot without a simulator: two nodes that only keep their states."""

import codecs
from dataclasses import replace
import fcntl
import os
import pty
import select
import signal
import subprocess
import termios

from bare_robot import command, read_summary, SERVED, wait_until
from permitted import write_preflight
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_policy_server.identity.identify import identity_of
from vla_rollout.episodes.provenance import provenance


def test_services_start_label_discard_pause_and_stop(robot, start, tmp_path):
    rollout = start('--episodes', '5', '--time-limit-s', '3600')
    early = robot.order('success')
    assert not early.success
    assert "found order 'success'" in early.message

    robot.order_when_allowed('start')
    robot.order_when_allowed('success')

    robot.order_when_allowed('start')
    robot.order_when_allowed('pause')
    wait_until(lambda: not robot.is_moving())
    robot.order_when_allowed('start')
    robot.order_when_allowed('failure')

    robot.order_when_allowed('start')
    robot.order_when_allowed('discard')

    robot.order_when_allowed('start')
    wait_until(robot.is_moving)
    robot.order_when_allowed('stop')
    assert rollout.finish() == 0, rollout.said
    assert not robot.is_moving()

    summary = read_summary(tmp_path / 'runs')
    assert (summary['episodes'], summary['successes']) == (2, 1)
    rows = [*summary['results'], *summary['not_counted']]
    assert [row['outcome'] for row in rows] == ['success', 'failure', *['not_counted'] * 2]
    assert [row['termination'] for row in rows] == ['operator', 'operator', 'discard', 'stop']
    assert [row['operator_label'] for row in rows] == ['success', 'failure', None, None]
    assert {row['simulator_success'] for row in rows} == {None}
    assert rows[1]['failure_mode'] == 'operator stop'
    assert rows[2]['seed'] == rows[3]['seed'] == 2  # the discarded one is run again
    assert summary['settings']['operator'] == 'A. Smith'
    assert summary['settings']['task'] == 'lift_cube'
    assert 'randomization' not in summary['settings']


@pytest.mark.parametrize(
    ('order', 'termination', 'mode'),
    [('failure', 'operator', 'operator stop'), ('discard', 'discard', None)],
)
def test_what_is_labelled_in_a_pause_ended_by_the_label(
    robot, start, tmp_path, order, termination, mode
):
    rollout = start('--episodes', '1', '--time-limit-s', '3600')
    robot.order_when_allowed('start')
    robot.order_when_allowed('pause')
    rollout.wait_for('paused: start goes on')
    robot.order_when_allowed(order)
    if order == 'discard':
        robot.order_when_allowed('stop')
    assert rollout.finish() == 0, rollout.said
    summary = read_summary(tmp_path / 'runs')
    (row,) = [*summary['results'], *summary.get('not_counted', [])]
    assert (row['termination'], row['failure_mode']) == (termination, mode)


class Terminal:
    """A rollout in a pseudo terminal of its own."""

    def __init__(self, runs, *options: str) -> None:
        self.here, self.there = pty.openpty()
        self.before = termios.tcgetattr(self.there)
        self.process = subprocess.Popen(
            command(runs, *options),
            stdin=self.there,
            stdout=self.there,
            stderr=self.there,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        # A piece that is read may end within a character.
        self._decoder = codecs.getincrementaldecoder('utf-8')()
        self._said = ''

    def read_until(self, text: str) -> None:
        while text not in self._said:
            ready, _, _ = select.select([self.here], [], [], 120.0)
            assert ready, f'waited for {text!r}, read {self._said!r}'
            self._said += self._decoder.decode(os.read(self.here, 4096))
        self._said = self._said.partition(text)[2]

    def press(self, key: bytes) -> None:
        os.write(self.here, key)

    def close(self) -> None:
        os.close(self.here)
        os.close(self.there)


def test_keys_label_what_the_time_ended_and_a_killed_rollout_frees_terminal_and_arm(
    robot, tmp_path
):
    terminal = Terminal(tmp_path / 'runs', '--episodes', '2', '--time-limit-s', '0.2')
    terminal.read_until('keys: space start, s success')
    terminal.read_until('place the object, then start')
    terminal.press(b' ')
    terminal.read_until('episode ended (timeout): success, failure or discard?')
    terminal.press(b's')
    terminal.read_until('episode 1/2  seed 0  success')
    terminal.read_until('place the object, then start')
    terminal.press(b'f')
    terminal.read_until("found order 'failure'; allowed: start, stop")
    terminal.process.send_signal(signal.SIGTERM)
    terminal.read_until('the arm rests')
    assert terminal.process.wait(120.0) == 130
    assert termios.tcgetattr(terminal.there) == terminal.before
    assert not robot.is_moving()
    (row,) = read_summary(tmp_path / 'runs')['results']
    assert (row['success'], row['termination'], row['operator_label']) == (
        True,
        'timeout',
        'success',
    )
    terminal.close()


def test_keys_give_the_arms_to_a_human_and_the_episode_counts_as_assisted(robot, tmp_path):
    terminal = Terminal(tmp_path / 'runs', '--episodes', '1', '--time-limit-s', '3600')
    terminal.read_until('place the object, then start')
    terminal.press(b't')
    terminal.read_until("found 'take_over'; allowed: while an episode is running")
    terminal.press(b' ')
    wait_until(robot.is_moving)
    terminal.press(b't')
    terminal.read_until("commanded by ('arm',)")
    wait_until(lambda: robot.filter.counters['human_cycles'] > 20)
    terminal.press(b'b')
    terminal.read_until('commanded by the policy')
    terminal.press(b's')
    terminal.read_until('assisted: a human commanded')
    assert terminal.process.wait(120.0) == 0
    (row,) = read_summary(tmp_path / 'runs')['results']
    assert (row['outcome'], row['success'], row['operator_label']) == (
        'assisted',
        False,
        'success',
    )
    terminal.close()


def test_a_second_rollout_begins_on_what_the_first_left_inactive(robot, start):
    for _ in range(2):
        rollout = start('--episodes', '1', '--time-limit-s', '0.2')
        robot.order_when_allowed('start')
        robot.order_when_allowed('success')
        assert rollout.finish() == 0, rollout.said
        assert not robot.is_moving()
        # The next process must have found who orders before it is ordered anything.
        robot.clients.clear()


def test_a_filter_that_stands_latched_is_named_and_nothing_starts(robot, start):
    rollout = start('--episodes', '1', '--time-limit-s', '3600')
    robot.filter.says = 'latched: effort spike panda_joint2'
    robot.order_when_allowed('start')
    rollout.wait_for('the filter is latched: effort spike panda_joint2; call action_filter/reset')
    wait_until(lambda: rollout.said.count('place the object, then start') == 2)
    assert robot.policy.history == []
    robot.filter.says = 'hold: no chunk'
    robot.order_when_allowed('start')
    wait_until(robot.is_moving)
    robot.filter.says = 'stop: e_stop'
    rollout.wait_for('latched: e_stop')
    robot.filter.says = 'latched: e_stop'
    robot.order_when_allowed('failure')
    assert rollout.finish() == 0, rollout.said
    assert rollout.said.count('latched: e_stop\n') == 1
    assert 'episode ended (stopped): success, failure or discard?' in rollout.said
    assert 'FAILED (safety stop: e_stop' in rollout.said


def test_results_are_of_what_the_policy_server_says_it_serves(robot, start, tmp_path):
    served = replace(SERVED, policy='the real one', source='models/real', content_sha256='a' * 64)
    robot.policy.serve(served.to_json())
    rollout = start('--episodes', '1', '--time-limit-s', '3600')
    rollout.wait_for('place the object, then start')
    lines = [line for line in rollout.said.splitlines() if 'policy_server serves' in line]
    (line,) = lines
    assert 'the real one from models/real (backend hold' in line
    assert 'not none (backend hold) as the arguments say' in line
    robot.order_when_allowed('stop')
    assert rollout.finish() == 0, rollout.said
    settings = read_summary(tmp_path / 'runs')['settings']
    assert settings['policy'] == 'the real one'
    assert (settings['source'], settings['policy_sha256']) == (served.source, served.sha256)
    assert settings['identity'] == served.to_dict()
    assert settings['given']['policy'] == 'none'


def test_a_server_that_always_fails_is_no_failure_of_the_policy(robot, start, tmp_path):
    robot.policy.failure = 'CUDA error: out of memory'
    rollout = start('--episodes', '1', '--time-limit-s', '3600')
    robot.order_when_allowed('start')
    wait_until(lambda: robot.policy.failed > 50)
    robot.order_when_allowed('failure')
    assert rollout.finish() == 1, rollout.said
    assert 'NO ANSWER (policy failed: ' in rollout.said
    assert '1 of 1 episodes had no answer (last: CUDA error: out of memory)' in rollout.said
    summary = read_summary(tmp_path / 'runs')
    assert (summary['episodes'], summary['errors']) == (0, 1)
    assert summary['results'][0]['failed_inferences'] > 0
    assert 'success_rate' not in summary


def test_a_policy_that_is_swapped_in_mid_run_moves_nothing_on(robot, start):
    rollout = start('--episodes', '3', '--time-limit-s', '3600')
    robot.order_when_allowed('start')
    wait_until(robot.is_moving)
    robot.policy.serve('')
    robot.policy.serve(SERVED.to_json())
    assert 'policy_server serves' not in rollout.said
    robot.policy.serve(replace(SERVED, content_sha256='e' * 64).to_json())
    assert rollout.finish() == 2
    assert not robot.is_moving()
    assert not robot.filter.is_active
    assert rollout.said.count('policy_server serves another policy than when the run began') == 1
    assert 'the arm rests' in rollout.said


@pytest.mark.parametrize(
    ('served', 'reason'),
    [
        (replace(SERVED, content_sha256='', unknown='ws://gpu is silent'), 'ws://gpu is silent'),
        (replace(SERVED, content_sha256='e' * 64), 'files of the policy (eeeeeeee, not'),
        (replace(SERVED, backend='scripted'), 'backend (scripted, not hold)'),
        (replace(SERVED, cell_sha256='e' * 64), 'runs in another cell'),
    ],
    ids=['unknown', 'other files', 'other backend', 'other cell'],
)
def test_a_slow_start_is_of_what_is_served_and_of_nothing_else(
    robot, start, tmp_path, served, reason
):
    deployment = load_deployment(policy='none', backend='hold')
    facts = provenance(deployment, identity_of(deployment), 'none')
    path = write_preflight(tmp_path / 'preflight.json', **facts)
    robot.policy.serve(served.to_json())
    slow = ('--slow-start', str(tmp_path / 'slow.yaml'), '--preflight', str(path), '--soft')
    rollout = start('--episodes', '1', *slow)
    assert rollout.finish() == 2, rollout.said
    assert reason in rollout.said
    assert robot.filter.history == robot.policy.history == []


def test_a_server_that_does_not_say_what_it_serves_moves_nothing(robot, start):
    robot.policy.serve('')
    rollout = start('--episodes', '1', '--time-limit-s', '3600')
    assert rollout.finish() == 2, rollout.said
    assert 'waited 20 s for policy_server/identity, what policy_server serves' in rollout.said
    assert robot.filter.history == robot.policy.history == []
