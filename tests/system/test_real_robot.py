"""The stack of a real robot beside a fake one, by the commands of docs/ten_steps.md from step 8.

Locked, slow, stopped in motion, counted.

On a quiet machine, with the whole checklist measured and answered instead of written:

    python -m pytest tests/system/test_real_robot.py --real-time
"""

from datetime import datetime, UTC
import json
import os
from pathlib import Path
import subprocess
import sys

from documents.shell_blocks import commands_of_page, simple_commands
import numpy as np
from package_facts import ROOT
import pytest
from support.command import Command, written
from support.operator_desk import OperatorDesk
from support.python_path import python_path
from support.recorded_motion import largest_shares, read, velocities
from support.waiting import wait_for
from vla_contract.cli.command import write_json
from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.deployment import load_deployment
from vla_contract.ros import testing  # noqa: F401 - takes a ROS domain of its own
from vla_contract.schema import load_yaml
from vla_policy_server.identity.identify import identity_of
from vla_rollout.episodes.provenance import provenance
from vla_rollout.graph.stack import Stack
from vla_rollout.preflight.seal import sealed
import yaml

BACKEND = 'support.full_speed_policy:make_quarter'
CELL = load_cell('panda_table')
STEPS = commands_of_page(ROOT / 'docs' / 'ten_steps.md')
DOMAIN = int(os.environ['ROS_DOMAIN_ID'])
EPISODES, STOPPED = 5, 3
FIRST_SPEED = 0.1


@pytest.fixture
def real_time(request) -> bool:
    return bool(request.config.getoption('--real-time'))


@pytest.fixture(autouse=True)
def my_arm(tmp_path, monkeypatch) -> str:
    """A deployment of one's own, of a real robot, where the reader of the page has it."""
    share = tmp_path / 'overlay' / 'share' / 'vla_bringup' / 'config' / 'deployments'
    share.mkdir(parents=True)
    own = load_yaml(ROOT / 'config' / 'deployments' / 'panda_lift_cube.yaml')
    own |= {'name': 'my_arm', 'real': True}
    (share / 'my_arm.yaml').write_text(yaml.safe_dump(own))
    prefixes = [str(tmp_path / 'overlay'), os.environ['AMENT_PREFIX_PATH']]
    monkeypatch.setenv('AMENT_PREFIX_PATH', os.pathsep.join(prefixes))
    return 'my_arm'


def step(begin: str) -> list[str]:
    """Return the words of the page's command that begins so, without `vla`."""
    (line,) = [line for line in STEPS if line.startswith(begin)]
    ((_, *words),) = simple_commands(line)
    return words


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
def stack(tmp_path, fake_robot, monkeypatch, real_time, my_arm):
    """The robot's stack with a policy that always wants more speed than it gets."""
    monkeypatch.setenv('PYTHONPATH', python_path())
    overrides = {
        name: {'use_sim_time': not real_time, 'deployment': my_arm}
        for name in ('action_filter', 'policy_server', 'supervisor', 'recorder')
    }
    overrides['policy_server']['backend'] = BACKEND
    overrides['supervisor'] |= {'preflight': str(tmp_path / 'preflight.json')}
    overrides['recorder'] |= {'folder': str(tmp_path / 'recordings')}
    with Stack('real_robot', tmp_path / 'logs', DOMAIN, overrides, ('recorder',)) as stack:
        yield stack


@pytest.fixture
def desk(stack):
    desk = OperatorDesk(DOMAIN)
    yield desk
    desk.close()


def write_preflight(path: Path) -> None:
    deployment = load_deployment('my_arm', backend=BACKEND)
    facts = provenance(deployment, identity_of(deployment), 'none')
    write_json(path, sealed({'passed': True, 'date': datetime.now(UTC).isoformat(), **facts}))


def pass_preflight(desk: OperatorDesk, folder: Path) -> None:
    """Go through the checklist as a person would, beside the filter alone."""
    checked, reason = desk.call('supervisor/check')
    assert checked, reason
    command = [sys.executable, '-m', 'vla_contract.cli.vla', *step('vla rollout preflight')]
    command += ['--yes', '--runs', 'runs']
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
            lambda line=line: line in written(log) or process.poll() is not None,
            300.0, f'preflight to say {line!r}: {written(log)}',
        )  # fmt: skip
        desk.press_e_stop(is_pressed)
    assert process.wait(300.0) == 0, log.read_text()


def stop_in_motion(desk: OperatorDesk, rollout: Command) -> None:
    """Press the e-stop: the episode ends, and the arm stays where it stopped."""
    desk.press_e_stop(True)
    rollout.wait_for_text('episode ended (stopped): success, failure or discard?')
    held = desk.settled_action()
    desk.press_e_stop(False)
    np.testing.assert_allclose(desk.action, held, atol=1e-3)


def reset_after_the_stop(desk: OperatorDesk, rollout: Command) -> None:
    """Nothing starts before `action_filter/reset`, which moves nothing."""
    assert desk.call('rollout/start')[0]
    rollout.wait_for_text('the filter is latched: e_stop released, reset needed; call')
    wait_for(lambda: desk.call('action_filter/reset')[0], 60.0, 'the arm to have come to rest')


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
        'vla_contract.cli.vla', *step('vla rollout run'),
        '--episodes', str(EPISODES), '--time-limit-s', '600', '--json', 'result.json',
    )  # fmt: skip
    asked = 'place the object, then start'
    for number in range(1, EPISODES + 1):
        wait_for(
            lambda n=number: rollout.output.count(asked) >= n + (n > STOPPED + 1)
            or rollout.process.poll() is not None,
            300.0, f'episode {number}: {rollout.output}',
        )  # fmt: skip
        assert rollout.process.poll() is None, rollout.output
        assert desk.call('fake_robot/tidy_up')[0]
        if number == STOPPED + 1:
            reset_after_the_stop(desk, rollout)
            wait_for(lambda n=number: rollout.output.count(asked) > n, 60.0, 'the next question')
        assert desk.call('rollout/start')[0]
        desk.wait_for_motion(0.05)
        if number == STOPPED:
            stop_in_motion(desk, rollout)
        assert desk.call('rollout/failure')[0]
    assert rollout.finish(300.0) == 0, rollout.output

    results = json.loads((tmp_path / 'result.json').read_text())['results']
    stopped = results[STOPPED - 1]
    assert (stopped['termination'], stopped['failure_mode']) == ('stopped', 'safety stop')
    assert stopped['filter_counters']['e_stops'] == 1
    recordings = [read(tmp_path / 'recordings' / result['recording'], CELL) for result in results]
    assert len(recordings) == EPISODES
    assert {speed for recorded in recordings for speed in recorded.speeds} == {FIRST_SPEED}
    velocity_share, acceleration_share = largest_shares(recordings, CELL)
    assert 0.0 < velocity_share <= FIRST_SPEED + 1e-6
    assert 0.0 < acceleration_share <= 1.0 + 1e-6
    assert_stopped(recordings[STOPPED - 1])
    assert_ramped(recordings[STOPPED])
    report = start('vla_contract.cli.vla', *step('vla rollout report'))
    assert report.finish() == 0, report.output
    assert 'safety stop' in (tmp_path / 'runs' / 'latest' / 'report.html').read_text()

    locked, reason = desk.call('supervisor/lock')
    assert locked, reason
    assert set(stack.stop().values()) == {0}


def assert_stopped(recorded) -> None:
    # What preflight left latched, a release, may come first.
    assert recorded.presses[-1] is True or recorded.presses[-2:] == [True, False]
    assert any(text in ('stop: e_stop', 'latched: e_stop') for text in recorded.statuses)
    speeds = np.abs(velocities(recorded, CELL)).max(axis=1)
    known = speeds[np.isfinite(speeds)]
    assert known.max() > 0.0
    assert known[-1] < 0.05 * known.max()


def assert_ramped(recorded) -> None:
    """After the reset speed begins at zero."""
    assert any(text.startswith('clamp: ramp') for text in recorded.statuses)
    speeds = np.abs(velocities(recorded, CELL)).max(axis=1)
    shares = speeds / np.nanmax(speeds)
    started = int(np.flatnonzero(shares > 0.0)[0])
    assert shares[started] < 0.5, 'speed does not begin at zero after the reset'
