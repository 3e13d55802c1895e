"""A graph that stays, and what asks it without the ros2 command."""

import json
import os
import signal
import subprocess
import sys

import pytest
from support.command import Command, is_running
from support.waiting import wait_for
from vla_contract.ros.free_domain import take_domain

NODES = {'mujoco_bridge', 'action_filter_node', 'policy_server_node'}


@pytest.fixture(scope='module')
def graph(tmp_path_factory):
    """The running command, and what runs another one beside it."""
    folder = tmp_path_factory.mktemp('up')
    environment = os.environ | {'ROS_DOMAIN_ID': str(take_domain()), 'PYTHONUNBUFFERED': '1'}
    words = [sys.executable, '-m', 'vla_contract.cli.vla']
    up = Command([*words, 'up', '--policy', 'scripted'], folder, environment)
    up.wait_for_text('next, in another shell: vla rollout run --deployment panda_lift_cube')

    def vla(*arguments):
        return subprocess.run(
            [*words, *arguments], cwd=folder, env=environment, timeout=300,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    yield up, vla, folder
    if up.process.poll() is None:
        up.process.send_signal(signal.SIGINT)
        up.finish()


def test_a_rollout_finds_it_and_leaves_it_running(graph):
    up, vla, folder = graph
    done = vla('rollout', 'run', '--episodes', '1', '--policy', 'scripted', '--json', 'a.json')
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((folder / 'a.json').read_text())['successes'] == 1
    assert set(up.children()) == NODES


def test_topics_are_listed_printed_and_measured(graph):
    _, vla, _ = graph
    wanted = {'/joint_states  sensor_msgs/msg/JointState', '/sim/success  std_msgs/msg/Bool'}
    wait_for(lambda: wanted <= set(vla('topic').stdout.splitlines()), 120.0, 'topics to be listed')
    said = vla('topic', 'joint_states', '--wait-s', '30').stdout
    assert 'name: [panda_joint1, panda_joint2,' in said
    assert said.count('---') == 1
    measured = vla('topic', '/joint_states', '--wait-s', '30', '--rate', '--for-s', '2')
    assert measured.returncode == 0
    assert float(measured.stdout.split()[1]) > 10.0
    # What was latched before anybody listened.
    assert 'sha256' in vla('topic', 'policy_server/identity', '--wait-s', '30').stdout


def test_a_service_is_called_and_its_answer_decides_the_status(graph):
    _, vla, _ = graph
    done = vla('call', 'policy_server/reset', '--wait-s', '30')
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith('/policy_server/reset: ')
    refused = vla('call', 'policy_server/reset', 'true', '--wait-s', '30')
    assert refused.returncode == 2
    assert 'found true; allowed: no value, it is a std_srvs/srv/Trigger' in refused.stderr
    unknown = vla('call', 'policy_server/resett', '--wait-s', '5')
    assert unknown.returncode == 2
    assert 'did you mean /policy_server/reset' in unknown.stderr


def test_ctrl_c_ends_every_process(graph):
    up, vla, _ = graph
    children = up.children()
    assert set(children) == NODES
    up.process.send_signal(signal.SIGINT)
    assert up.finish() == 130
    assert not any(map(is_running, children.values()))
    gone = vla('topic', 'joint_states', '--wait-s', '1')
    assert gone.returncode == 2
    assert 'vla up starts those of a deployment' in gone.stderr
