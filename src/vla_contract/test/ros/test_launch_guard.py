"""Where the launch packages are: what launch does with a file that fails half way."""

import os
import sys

import pytest

launch = pytest.importorskip('launch.actions')

from launch.actions import ExecuteProcess, GroupAction, OpaqueFunction  # noqa: E402
from vla_contract.ros.launch.guard import Guard  # noqa: E402

from launch import LaunchDescription, LaunchService  # noqa: E402

SLEEPER = [sys.executable, '-c', 'import signal; signal.pause()']


def run(*entities) -> int:
    service = LaunchService(noninteractive=True)
    service.include_launch_description(LaunchDescription(list(entities)))
    return service.run()


def fail(context) -> None:
    raise ValueError('no such robot')


def is_running(process: ExecuteProcess) -> bool:
    details = process.process_details
    if not details:
        return False
    try:
        os.kill(details['pid'], 0)
    except ProcessLookupError:
        return False
    return True


def test_what_runs_already_is_ended_with_the_launch():
    before, after = ExecuteProcess(cmd=SLEEPER), ExecuteProcess(cmd=SLEEPER)
    status = run(Guard([before, GroupAction([OpaqueFunction(function=fail), after])]))
    assert status == 1
    assert before.process_details
    assert not after.process_details
    assert not is_running(before)


def test_without_failure_it_lasts_as_long_as_what_it_holds():
    process = ExecuteProcess(cmd=[sys.executable, '-c', 'pass'])
    assert run(Guard([GroupAction([process])])) == 0
    assert process.return_code == 0
