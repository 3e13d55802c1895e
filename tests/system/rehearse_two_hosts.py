"""The policy on one host, the robot on another, and a bad network between them."""

import os
import socket
import sys
import time

import numpy as np
import pytest
from support.command import Command
from support.operator_desk import OperatorDesk
from support.own_files import write_deployment
from support.python_path import python_path
from support.two_hosts import linked_hosts
from support.waiting import wait_for
from vla_contract.ros import testing  # noqa: F401 - takes a ROS domain of its own
from vla_rollout.graph.stack import Stack
import yaml

DOMAIN = int(os.environ['ROS_DOMAIN_ID'])
DELAY_S, LOSS, PARTITION_S = 0.02, 0.02, 5.0
PORT = 8000


@pytest.fixture
def network():
    with linked_hosts(DELAY_S, LOSS) as network:
        yield network


@pytest.fixture
def worker(network, tmp_path):
    """A policy worker on the second host; its policy never rests."""
    (tmp_path / 'token').write_text('a secret between two hosts')
    arguments = [
        '--backend', 'support.full_speed_policy:make',
        '--host', network[1].address, '--port', str(PORT),
        '--token-file', str(tmp_path / 'token'),
    ]  # fmt: skip
    with network[1].entered():
        worker = Command(
            [sys.executable, '-m', 'vla_policy_server.worker.policy_worker', *arguments],
            tmp_path,
            {**os.environ, 'PYTHONPATH': python_path(), 'PYTHONUNBUFFERED': '1'},
        )
    worker.wait_for_text('ws://')
    yield worker
    worker.process.terminate()
    worker.finish()


@pytest.fixture
def robot(network, worker, tmp_path):
    """The simulator's stack on the first host, and somebody who watches it there."""
    remote = {
        'url': f'ws://{network[1].address}:{PORT}',
        'token_file': str(tmp_path / 'token'),
        'connect_within_s': 60.0,
    }
    (tmp_path / 'remote.yaml').write_text(yaml.safe_dump(remote))
    policy = {'policy.backend': 'remote', 'policy.source': str(tmp_path / 'remote.yaml')}
    overrides = {'policy_server': {'deployment': str(write_deployment(tmp_path, policy))}}
    with network[0].entered(), Stack('sim', tmp_path / 'logs', DOMAIN, overrides):
        desk = OperatorDesk(DOMAIN)
        yield desk
        desk.close()


def round_trip_s(network) -> float:
    """Return how long a connection takes to be accepted [s]."""
    with network[0].entered():
        started = time.monotonic()
        socket.create_connection((network[1].address, PORT), timeout=60.0).close()
        return time.monotonic() - started


def test_the_filter_holds_through_a_partition_and_resumes_but_never_after_a_latch(network, robot):
    link, desk = network[2], robot
    assert round_trip_s(network) >= 2 * DELAY_S
    desk.wait_for_motion(0.3)

    link.is_cut = True
    cut_at = time.monotonic()
    desk.wait_for_status('hold: chunk stale')
    held = desk.settled_action()
    wait_for(lambda: time.monotonic() - cut_at > PARTITION_S, 60.0, 'the end of the partition')
    assert 'hold: chunk stale' in desk.status
    np.testing.assert_array_equal(desk.action, held)
    link.is_cut = False
    desk.wait_for_motion(0.3)

    desk.press_e_stop(True)
    desk.wait_for_status('latched: e_stop')
    link.is_cut = True
    held = desk.settled_action()
    desk.press_e_stop(False)
    desk.wait_for_status('latched: e_stop released, reset needed')
    link.is_cut = False
    wait_for(desk.hears_chunks(3), 300.0, 'the policy to answer again')
    np.testing.assert_array_equal(desk.action, held)
    assert 'latched' in desk.status
    wait_for(lambda: desk.call('action_filter/reset')[0], 60.0, 'the arm to have come to rest')
    desk.wait_for_motion(0.3)
    assert link.lost > 0
