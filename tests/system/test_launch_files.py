"""The launch files: all of them can be read, and real_robot does beside a robot what it says."""

from contextlib import suppress
import os
from pathlib import Path
import shutil
import signal
import sys
import uuid

from package_facts import ROOT
import pytest
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from support.command import Command
from support.operator_desk import OperatorDesk
from support.python_path import python_path
from support.waiting import wait_for
from vla_contract.ros import testing  # noqa: F401 - takes a ROS domain of its own

DOMAIN = int(os.environ['ROS_DOMAIN_ID'])
FILES = sorted((ROOT / 'launch').glob('*.launch.py'))
CONTROLLER = 'my_controller'
COMMANDS = f'/{CONTROLLER}/joint_trajectory'

needs_launch = pytest.mark.skipif(
    shutil.which('ros2') is None, reason='ros2 launch is not among the wheels of PyPI'
)


@pytest.mark.parametrize('file', FILES, ids=lambda path: path.name.split('.')[0])
def test_a_launch_file_is_short(file):
    assert len(file.read_text().splitlines()) <= 80


@pytest.mark.parametrize('file', FILES, ids=lambda path: path.name.split('.')[0])
def test_a_launch_file_can_be_read_and_says_how_it_is_started(file):
    pytest.importorskip('launch_ros')
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    source = PythonLaunchDescriptionSource(str(file))
    assert source.try_get_launch_description_without_context().entities
    assert f'ros2 launch vla_bringup {file.name}' in file.read_text()


@pytest.fixture
def start_process(tmp_path):
    """Start a process in a folder of its own; SIGINT ends what still runs."""
    commands = []

    def run(name: str, *arguments: str) -> Command:
        folder = tmp_path / name
        folder.mkdir()
        environment = {**os.environ, 'PYTHONPATH': python_path(), 'PYTHONUNBUFFERED': '1'}
        commands.append(Command(list(arguments), folder, environment))
        return commands[-1]

    yield run
    for command in reversed(commands):
        if command.process.poll() is None:
            command.process.send_signal(signal.SIGINT)
            command.finish()


@needs_launch
def test_real_robot_starts_locked_waits_for_who_watches_and_ends_cleanly(start_process):
    start_process(
        'robot', sys.executable, '-m', 'support.fake_robot.driver', '--ros-args',
        '-p', 'drop_share:=0.0', '-r', f'joint_trajectory_controller/joint_trajectory:={COMMANDS}',
    )  # fmt: skip
    launch = start_process(
        'launch', 'ros2', 'launch', 'vla_bringup', 'real_robot.launch.py', 'backend:=hold',
        f'controller:=/{CONTROLLER}', 'transforms:=false', 'record:=true',
    )  # fmt: skip
    desk = OperatorDesk(DOMAIN)
    try:
        refused, reason = desk.call('supervisor/release')
        assert not refused
        assert 'run preflight --json' in reason
        wait_for(lambda: desk.call('supervisor/check')[0], 300.0, 'all nodes')
        wanted = {'action_filter', 'policy_server', 'supervisor', 'recorder', 'fake_robot'}
        wait_for(lambda: wanted <= desk.node_names(), 300.0, 'all nodes to be seen')
        assert (desk.state('action_filter'), desk.state('policy_server')) == (3, 1)
        wait_for(lambda: len(desk.publishers(COMMANDS)) == 1, 300.0, 'the command topic')
        (publisher,) = desk.publishers(COMMANDS)
        assert publisher.node_name == 'action_filter'
        assert publisher.qos_profile.reliability == ReliabilityPolicy.RELIABLE
        assert publisher.qos_profile.durability == DurabilityPolicy.VOLATILE
        assert desk.publishers('/policy_chunk') == []
        desk.wait_for_status('hold: unwatched: no heartbeat on topic watch')
        assert desk.call('supervisor/lock')[0]
        assert desk.state('action_filter') == 2
    finally:
        desk.close()
    launch.process.send_signal(signal.SIGINT)
    assert launch.finish() == 0, launch.output
    assert launch.output.count('process has finished cleanly') == 4, launch.output


@needs_launch
@pytest.mark.parametrize(
    ('wrong', 'sentence'),
    [
        (
            'deployment:=my_armm',
            "'my_armm' is not in config/deployments; it has",
        ),
        # What draws the robot comes after the nodes that move it.
        ('urdf:=/nowhere/arm.urdf.xacro', 'xacro'),
    ],
)
def test_a_launch_that_fails_leaves_nothing_behind(start_process, wrong, sentence):
    marker = f'VLA_TEST_LAUNCH={uuid.uuid4()}'
    launch = start_process(
        'launch', 'env', marker, 'ros2', 'launch', 'vla_bringup', 'real_robot.launch.py',
        'backend:=hold', 'transforms:=false', wrong,
    )  # fmt: skip
    assert launch.finish() == 1, launch.output
    assert sentence in launch.output
    assert not started_with(marker)


def started_with(variable: str) -> list[str]:
    """Return the processes that have a variable in their environment."""
    found = []
    for path in Path('/proc').glob('[0-9]*/environ'):
        with suppress(OSError):
            if variable.encode() in path.read_bytes():
                found.append(path.parent.name)
    return found


@needs_launch
def test_launched_twice_the_second_ends_with_a_sentence_and_the_first_goes_on(start_process):
    arguments = ('ros2', 'launch', 'vla_bringup', 'real_robot.launch.py', 'backend:=hold')
    first = start_process('first', *arguments, 'transforms:=false')
    desk = OperatorDesk(DOMAIN)
    try:
        assert not desk.call('supervisor/release')[0]
        second = start_process('second', *arguments, 'transforms:=false')
        second.finish()
        assert '/action_filter runs already as process' in second.output
        assert desk.call('supervisor/lock')[0]
        assert first.process.poll() is None, first.output
    finally:
        desk.close()


@needs_launch
def test_two_robots_run_side_by_side_in_their_namespaces(start_process):
    launches = [
        start_process(
            name, 'ros2', 'launch', 'vla_bringup', 'rollout.launch.py', f'namespace:={name}',
            'episodes:=1', 'policy:=scripted',
        )
        for name in ('left', 'right')
    ]  # fmt: skip
    for launch in launches:
        assert launch.finish() == 0, launch.output
        assert 'success 1/1' in launch.output
        assert 'in the future' not in launch.output


def test_this_file_knows_where_launch_files_are():
    assert {Path(file).name.split('.')[0] for file in FILES} >= {
        'sim', 'real_robot', 'calibrate', 'rollout', 'gazebo', 'scene', 'camera',
    }  # fmt: skip
