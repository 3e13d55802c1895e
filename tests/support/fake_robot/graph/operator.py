"""The commands of docs/ten_steps.md beside a robot, answered as a person would."""

import json
import os
import subprocess
import sys
from typing import Any

from std_msgs.msg import Bool
from support.command import Command, written
from support.fake_robot.graph.rehearsal_files import RehearsalFiles
from support.operator_desk import OperatorDesk
from support.waiting import wait_for
from vla_contract.ros.qos import LATCHED

_EPISODE_S = 25.0


class _Heard:
    """What was said last on a topic of Bool."""

    def __init__(self, desk: OperatorDesk, topic: str) -> None:
        self.is_true = False
        desk.node.create_subscription(
            Bool, topic, lambda msg: setattr(self, 'is_true', msg.data), LATCHED
        )


def pass_preflight(files: RehearsalFiles, desk: OperatorDesk) -> list[dict[str, Any]]:
    """Answer the checklist as a person would; returns its items."""
    path = files.folder / 'preflight.json'
    log = files.folder / 'preflight.txt'
    words = ['rollout', 'preflight', '--deployment', str(files.file), '--operator', 'rehearsal']
    words += ['--frames', str(files.demonstration), '--yes', '--json', str(path)]
    with log.open('wb') as stream:
        process = subprocess.Popen(
            [sys.executable, '-m', 'vla_contract.cli.vla', *words],
            stdin=subprocess.PIPE, stdout=stream, stderr=stream, cwd=files.folder,
        )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(b'yes\n' * 4)
    process.stdin.close()
    for line, is_pressed in (('press your', True), ('release your', False)):
        wait_for(
            lambda line=line: line in written(log) or process.poll() is not None,
            300.0, f'preflight to say {line!r}: {written(log)}',
        )  # fmt: skip
        desk.press_e_stop(is_pressed)
    process.wait(120.0)
    return list(json.loads(path.read_text())['items'])


def run_episodes(files: RehearsalFiles, desk: OperatorDesk, episodes: int) -> list[dict[str, Any]]:
    """Follow the demonstration some times; returns the results."""
    lifted = _Heard(desk, 'fake_robot/is_lifted')
    rollout = Command(
        [
            sys.executable, '-m', 'vla_contract.cli.vla', 'rollout', 'run', '--deployment',
            str(files.file), '--operator', 'rehearsal', '--episodes', str(episodes),
            '--time-limit-s', f'{_EPISODE_S:g}', '--json', 'result.json',
        ],
        files.folder, dict(os.environ),
    )  # fmt: skip
    asked, labelled = 'place the object, then start', 'success, failure or discard?'
    for number in range(1, episodes + 1):
        _said(rollout, asked, number)
        desk.call('fake_robot/tidy_up')
        wait_for(lambda: not lifted.is_true, 60.0, 'the object to be put back')
        desk.call('rollout/start')
        ended = lambda n=number: rollout.output.count(labelled) >= n  # noqa: E731
        wait_for(
            lambda ended=ended: (
                lifted.is_true or ended() or rollout.process.poll() is not None
            ),
            300.0, f'episode {number}: {rollout.output}',
        )  # fmt: skip
        desk.call('rollout/success' if lifted.is_true else 'rollout/failure')
    rollout.process.wait(120.0)
    return list(json.loads((files.folder / 'result.json').read_text())['results'])


def was_locked(items: list[dict[str, Any]]) -> bool:
    """Return whether the filter was taken away while the checklist went on."""
    return any('no action_filter/status' in item['found'] for item in items)


def _said(rollout: Command, text: str, times: int) -> None:
    wait_for(
        lambda: rollout.output.count(text) >= times or rollout.process.poll() is not None,
        300.0, f'{text!r} for the {times}. time: {rollout.output}',
    )  # fmt: skip
    if rollout.process.poll() is not None:
        raise RuntimeError(rollout.output)
