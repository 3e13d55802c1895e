"""The stack of a real robot beside a fake one: locked, slow, stopped in motion, counted.

On a quiet machine, with the whole checklist measured and answered instead of written:

    python -m pytest tests/system/test_real_robot.py --real-time
"""

from datetime import datetime, UTC
import json
import os
from pathlib import Path
import subprocess
import sys

import numpy as np
import pytest
from support.command import Command
from support.operator_desk import OperatorDesk
from support.python_path import python_path
from support.recorded_motion import largest_shares, read, velocities
from support.waiting import wait_for
from vla_contract.cli.command import write_json
from vla_contract.deployment.deployment import load_deployment
from vla_contract.ros import testing  # noqa: F401 - takes a ROS domain of its own
from vla_policy_server.identity.identify import identity_of
from vla_rollout.episodes.provenance import provenance
from vla_rollout.graph.stack import Stack
from vla_rollout.preflight.seal import sealed

POLICY = 'panda_lift_act'
BACKEND = 'support.full_speed_policy:make_quarter'
DEPLOYMENT = load_deployment(backend=BACKEND)
CELL = DEPLOYMENT.cell
DOMAIN = int(os.environ['ROS_DOMAIN_ID'])
EPISODES, STOPPED = 5, 3
FIRST_SPEED = 0.1


@pytest.fixture
def real_time(request) -> bool:
    return bool(request.config.getoption('--real-time'))


@pytest.fixture
def fake_robot(tmp_path, real_time):
    """A robot with a clock of its own, unless asked: how fast the machine is must not count."""
    folder = tmp_path / 'robot'
    folder.mkdir()
    own_clock = f'publish_clock:={str(not real_time).lower()}'
    arguments = ['-m', 'support.fake_robot.driver', '--ros-args', '-p', own_clock]
    # In real time it stands for a computer of its own, which no process start here delays.
    first = ['nice', '-n', '-10'] if real_time else []
    robot = Command(
        [*first, sys.executable, *arguments], folder, {**os.environ, 'PYTHONPATH': python_path()}
    )
    yield robot
    robot.process.terminate()
    assert robot.finish() == 0, robot.output


@pytest.fixture
def stack(tmp_path, fake_robot, monkeypatch, real_time):
    """The robot's stack with a policy that always wants more speed than it gets."""
    monkeypatch.setenv('PYTHONPATH', python_path())
    overrides = {
        name: {'use_sim_time': not real_time}
        for name in ('action_filter', 'policy_server', 'supervisor')
    }
    overrides['policy_server']['backend'] = BACKEND
    overrides['supervisor'] |= {'preflight': str(tmp_path / 'preflight.json')}
    overrides['recorder'] = {'use_sim_time': not real_time, 'folder': str(tmp_path / 'recordings')}
    with Stack('real_robot', tmp_path / 'logs', DOMAIN, overrides, ('recorder',)) as stack:
        yield stack


@pytest.fixture
def desk(stack):
    desk = OperatorDesk(DOMAIN)
    yield desk
    desk.close()


def write_preflight(path: Path) -> None:
    facts = provenance(DEPLOYMENT, identity_of(DEPLOYMENT), 'none')
    write_json(path, sealed({'passed': True, 'date': datetime.now(UTC).isoformat(), **facts}))


def pass_preflight(desk: OperatorDesk, folder: Path) -> None:
    """Go through the checklist as a person would, beside the filter alone."""
    checked, reason = desk.call('supervisor/check')
    assert checked, reason
    command = [
        sys.executable,
        '-m',
        'vla_rollout.preflight.ros.preflight',
        '--operator',
        'test',
        '--yes',
    ]
    command += ['--policy', POLICY, '--json', 'preflight.json', '--runs', 'runs']
    log = folder / 'preflight.txt'
    with log.open('wb') as stream:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, cwd=folder, stdout=stream, stderr=stream
        )
    # --yes lets the arm move; the four questions for a person are answered one by one.
    process.stdin.write(b'yes\n' * 4)
    process.stdin.close()
    for line, is_pressed in (('press your', True), ('release your', False)):
        wait_for(
            lambda line=line: line in log.read_text() or process.poll() is not None,
            300.0, f'preflight to say {line!r}: {log.read_text()}',
        )  # fmt: skip
        desk.press_e_stop(is_pressed)
    assert process.wait(300.0) == 0, log.read_text()


def stop_in_motion_and_reset(desk: OperatorDesk) -> None:
    desk.press_e_stop(True)
    desk.wait_for_status('latched: e_stop')
    held = desk.settled_action()
    desk.press_e_stop(False)
    desk.wait_for_status('latched: e_stop released, reset needed')
    np.testing.assert_allclose(desk.action, held, atol=1e-3)
    wait_for(lambda: desk.call('action_filter/reset')[0], 60.0, 'the arm to have come to rest')
    desk.wait_for_motion(0.02)


def test_a_deployment_from_the_lock_to_five_counted_episodes(
    stack, desk, start, tmp_path, real_time
):
    refused, reason = desk.call('supervisor/release')
    assert not refused
    assert 'run preflight --json' in reason
    if real_time:
        pass_preflight(desk, tmp_path)
        refused, reason = desk.call('supervisor/release')
        assert not refused
        assert f'is of something else: backend ({BACKEND}, not lerobot)' in reason
    # A policy that sees nothing passes no checklist, so that this one is written.
    write_preflight(tmp_path / 'preflight.json')
    released, reason = desk.call('supervisor/release')
    assert released, reason

    rollout = start(
        'vla_rollout.episodes.ros.rollout', '--operator', 'test', '--soft', '--record',
        '--episodes', str(EPISODES), '--time-limit-s', '600', '--json', 'result.json',
        '--slow-start', 'slow_start.yaml', '--preflight', str(tmp_path / 'preflight.json'),
    )  # fmt: skip
    for number in range(1, EPISODES + 1):
        wait_for(
            lambda n=number: rollout.output.count('place the object, then start') == n
            or rollout.process.poll() is not None,
            300.0, f'episode {number}: {rollout.output}',
        )  # fmt: skip
        assert rollout.process.poll() is None, rollout.output
        assert desk.call('fake_robot/tidy_up')[0]
        assert desk.call('rollout/start')[0]
        desk.wait_for_motion(0.05)
        if number == STOPPED:
            stop_in_motion_and_reset(desk)
        assert desk.call('rollout/failure')[0]
    assert rollout.finish(300.0) == 0, rollout.output

    results = json.loads((tmp_path / 'result.json').read_text())['results']
    recordings = [read(tmp_path / 'recordings' / result['recording'], CELL) for result in results]
    assert len(recordings) == EPISODES
    assert {speed for recorded in recordings for speed in recorded.speeds} == {FIRST_SPEED}
    velocity_share, acceleration_share = largest_shares(recordings, CELL)
    assert 0.0 < velocity_share <= FIRST_SPEED + 1e-6
    assert 0.0 < acceleration_share <= 1.0 + 1e-6
    assert_stopped_and_ramped(recordings[STOPPED - 1])

    locked, reason = desk.call('supervisor/lock')
    assert locked, reason
    assert set(stack.stop().values()) == {0}


def assert_stopped_and_ramped(recorded) -> None:
    # What preflight left latched, a release, may come first.
    assert recorded.presses[-2:] == [True, False]
    assert sum(recorded.presses) == 1
    statuses = recorded.statuses
    released = statuses.index('latched: e_stop released, reset needed')
    assert 'latched: e_stop' in statuses[:released]
    assert any(text.startswith('clamp: ramp') for text in statuses[released:])
    speeds = np.abs(velocities(recorded, CELL)).max(axis=1)
    shares = speeds / np.nanmax(speeds)
    moved = int(np.flatnonzero(shares > 0.2)[0])
    stopped = moved + int(np.flatnonzero(shares[moved:] == 0.0)[0])
    started = stopped + int(np.flatnonzero(shares[stopped:] > 0.0)[0])
    assert shares[started] < 0.5, 'speed does not begin at zero after the reset'
