"""What the system tests share: processes with deadlines, no sleeps."""

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
# Tests of tools import them as their commands do.
sys.path.append(str(ROOT / 'tools'))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        '--real-time',
        action='store_true',
        help='run the fake robot by the clock of the machine, which must be quiet, and pass the '
        'real preflight',
    )


# These start whole graphs. Two at a time starve each other on two cores, until the action filter
# latches because commands reach the simulated arm too late, as it must.
GRAPHS = {
    'test_capture_session',
    'test_demo',
    'test_end_filter',
    'test_excite_joints',
    'test_filter_inputs',
    'test_launch_files',
    'test_policy_server_killed',
    'test_real_robot',
    'test_rollout_endings',
    'test_rviz',
    'test_two_hosts',
    'test_two_robots',
    'test_verified_rollout',
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep each file in one process, and all with graphs in the same, which begins with them."""
    for item in items:
        name = item.path.stem
        if name.startswith('test_'):
            group = 'graphs' if name in GRAPHS else name
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: item.path.stem not in GRAPHS)


@pytest.fixture(autouse=True)
def leaves_the_graph_alone() -> Iterator[None]:
    """Fail the test that moves this process to another graph, not one of those behind it."""
    before = _ros_environment()
    yield
    assert _ros_environment() == before, 'a module sets variables of ROS when it is imported'


def _ros_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith('ROS_')}


def wait_for(condition: Callable[[], object], timeout_s: float, what: str) -> None:
    """Wait until a condition is true; fail with `what` when it takes too long."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f'waited {timeout_s:g} s for {what}'
        pause.wait(0.01)


def launched(description: Any) -> Iterator[Any]:
    """Yield the actions of a launch description, those of its groups too."""
    from launch.actions import GroupAction
    from vla_contract.ros.launch.guard import Guard

    todo = list(description.entities)
    while todo:
        entity = todo.pop(0)
        yield entity
        if isinstance(entity, Guard | GroupAction):
            todo += entity.get_sub_entities()


def is_running(pid: int) -> bool:
    """Tell a running process from one that ended and that nobody has waited for."""
    try:
        state = Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in 'ZX'


def _restore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Command:
    """A running command whose output can be waited for."""

    def __init__(self, args: list[str], cwd: Path, environment: dict[str, str]) -> None:
        self.log = cwd / 'output.txt'
        self._file = self.log.open('wb')
        self.process = subprocess.Popen(
            args,
            cwd=cwd,
            stdout=self._file,
            stderr=subprocess.STDOUT,
            env=environment,
            # Whoever runs the tests in the background of a shell has SIGINT ignored, children too.
            preexec_fn=_restore_interrupt,
        )

    @property
    def output(self) -> str:
        return self.log.read_text(errors='replace')

    def wait_for_text(self, text: str, timeout_s: float = 300.0) -> None:
        wait_for(
            lambda: text in self.output or self.process.poll() is not None, timeout_s, repr(text)
        )
        assert text in self.output, self.output

    def children(self) -> dict[str, int]:
        """Return the stack's processes: module name to process id."""
        found = {}
        pid = self.process.pid
        for child in Path(f'/proc/{pid}/task/{pid}/children').read_text().split():
            words = Path(f'/proc/{child}/cmdline').read_bytes().decode().split('\0')
            if '-m' in words:
                found[words[words.index('-m') + 1].rsplit('.', 1)[-1]] = int(child)
        return found

    def finish(self, timeout_s: float = 300.0) -> int:
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            pytest.fail(f'still running after {timeout_s:g} s; it said:\n{self.output}')
        finally:
            self._file.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Start Python modules in an empty folder; what still runs at the end is ended."""
    commands: list[Command] = []

    def run(module: str, *args: str, **environment: str) -> Command:
        command = Command(
            [sys.executable, '-m', module, *args],
            tmp_path,
            {**os.environ, 'PYTHONUNBUFFERED': '1', **environment},
        )
        commands.append(command)
        return command

    yield run
    for command in commands:
        if command.process.poll() is None:
            command.process.terminate()
            command.finish()
