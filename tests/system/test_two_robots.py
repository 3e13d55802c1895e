"""Two robots on one domain: each in its namespace, with a clock of its own; none of them twice."""

import json
import os
from pathlib import Path
import subprocess
import sys

import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock
from support.waiting import wait_for
from vla_contract.deployment.deployment import load_deployment
from vla_contract.recordings.read_events import read_events
from vla_contract.recordings.recording import Recording
from vla_contract.ros.testing import ros  # noqa: F401
from vla_contract.stamps import from_stamp
from vla_rollout.graph.stack import Stack

DOMAIN = int(os.environ['ROS_DOMAIN_ID'])
NAMESPACES = ('left', 'right')
EVERY = QoSProfile(depth=100)
ROLLOUT = ['--episodes', '1', '--policy', 'scripted']


@pytest.fixture
def stacks(tmp_path):
    overrides = {'policy_server': {'policy_path': 'scripted'}}
    both = [Stack('sim', tmp_path / ns, DOMAIN, overrides, namespace=ns) for ns in NAMESPACES]
    for stack in both:
        stack.start()
    yield both
    for stack in both:
        assert set(stack.stop().values()) == {0}


def rollout(stacks, tmp_path, *arguments: str) -> tuple[int, str]:
    """Run one episode; return status and output. A node that dies fails the test at once."""
    command = [sys.executable, '-m', 'vla_rollout.episodes.ros.rollout', *ROLLOUT]
    command += ['--runs', str(tmp_path / 'runs'), *arguments]
    log = tmp_path / 'rollout.log'
    with log.open('w') as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)

    def has_ended() -> bool:
        for stack in stacks:
            stack.check()
        return process.poll() is not None

    try:
        wait_for(has_ended, 240.0, f'the rollout; it said {log.read_text()}')
    finally:
        process.kill()
    return process.wait(), log.read_text()


def test_two_simulators_run_side_by_side_each_by_its_own_clock(ros, stacks, tmp_path):  # noqa: F811
    for arguments in (
        ['--namespace', 'left'],
        ['--first-seed', '1', '--ros-args', '-r', '__ns:=/right'],
    ):
        status, said = rollout(stacks, tmp_path, *arguments)
        assert status == 0, said
        assert 'success 1/1' in said
    for stack in stacks:
        said = ''.join(stack.log(name).read_text() for name in stack.names)
        assert 'in the future' not in said

    listener = rclpy.create_node('listener')
    executor = SingleThreadedExecutor()
    executor.add_node(listener)
    times: dict[str, list[int]] = {'/left/clock': [], '/right/clock': [], '/clock': []}
    for topic, seen in times.items():
        listener.create_subscription(
            Clock, topic, lambda msg, seen=seen: seen.append(from_stamp(msg.clock)), EVERY
        )

    def has_both() -> bool:
        executor.spin_once(timeout_sec=0.01)
        return min(len(times['/left/clock']), len(times['/right/clock'])) > 20

    wait_for(has_both, 60.0, 'both clocks')
    executor.shutdown()
    listener.destroy_node()
    assert not times['/clock']
    for topic in ('/left/clock', '/right/clock'):
        assert times[topic] == sorted(times[topic]), 'time of two clocks'


def test_a_node_that_runs_already_is_refused_with_a_sentence(start, tmp_path):
    arguments = ('vla_action_filter.ros.action_filter_node', '--ros-args', '-r', '__ns:=/left')
    first = start(*arguments)
    taken = f'@vla_node/{DOMAIN}/left/action_filter'
    wait_for(lambda: taken in Path('/proc/net/unix').read_text(), 60.0, 'the first filter')
    second = subprocess.run(
        [sys.executable, '-m', *arguments], capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 2
    assert second.stderr.splitlines()[-1] == (
        f'error: /left/action_filter runs already as process {first.process.pid} on ROS_DOMAIN_ID '
        f'{DOMAIN}: end it first, or give this one a namespace or a domain of its own'
    )
    first.process.kill()
    first.finish()
    third = start(*arguments)
    wait_for(lambda: taken in Path('/proc/net/unix').read_text(), 60.0, 'the third filter')
    assert third.process.poll() is None, third.output


def test_a_pair_whose_drivers_call_their_joints_the_same_lifts_and_is_recorded(start, tmp_path):
    pair = ('--deployment', 'aloha_lift_cube', '--episodes', '1', '--record')
    demo = start('vla_rollout.graph.ros.demo', *pair, '--json', 'result.json')
    assert demo.finish() == 0, demo.output
    (result,) = json.loads((tmp_path / 'result.json').read_text())['results']
    assert result['success'], demo.output
    path = tmp_path / 'runs' / 'latest' / 'recordings' / result['recording']
    cell = load_deployment('aloha_lift_cube').cell
    names = {topic.name for topic in Recording(path).topics()}
    assert {'/left/joint_states', '/right/joint_states'} <= names
    joints = ('joint_states',)
    samples = [e.payload for e in read_events(path, cell, with_images=False, topics=joints)]
    assert samples[-1].position.shape == (14,)
    waiting = [i for i, name in enumerate(cell.joint_names) if name.startswith('right_')]
    assert samples[-1].position[waiting] == pytest.approx(cell.home[waiting], abs=0.06)
