"""How the system tests are collected, and what each of them gets."""

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import sys

from hypothesis import HealthCheck, settings
import pytest
from support.command import Command

ROOT = Path(__file__).parent.parent
# How fast examples come says how loaded the machine is, and nothing about what is tested.
settings.register_profile('shared', deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile('shared')
# Tests of tools import them as their commands do, tests of benchmarks and studies by their folder.
sys.path += [str(ROOT / 'tools'), str(ROOT)]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        '--real-time',
        action='store_true',
        help='run the fake robot by the clock of the machine, which must be quiet, and pass the '
        'real preflight',
    )
    parser.addoption(
        '--graphs',
        choices=['only', 'none'],
        help='run the files that start whole graphs, or the others; both where it is not given',
    )


# These start whole graphs. Two at a time starve each other on two cores, until the action filter
# latches because commands reach the simulated arm too late, as it must.
GRAPHS = {
    'test_attack_table',
    'test_capture_session',
    'test_demo',
    'test_end_filter',
    'test_excite_joints',
    'test_filter_inputs',
    'test_launch_files',
    'test_lerobot_robot',
    'test_policy_server_killed',
    'test_real_robot',
    'test_rollout_endings',
    'test_rviz',
    'test_stopped_episode',
    'test_teleop',
    'test_two_hosts',
    'test_two_robots',
    'test_up',
    'test_verified_rollout',
}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out, before they are imported, the files that `--graphs` does not want."""
    wanted = config.getoption('--graphs')
    if wanted is None or not collection_path.name.startswith('test_'):
        return None
    is_unwanted = (collection_path.stem in GRAPHS) != (wanted == 'only')
    return True if is_unwanted else None


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
