"""The command on a robot without a simulator: two nodes that only keep their states."""

from collections.abc import Iterator
from dataclasses import dataclass
import fcntl
import json
import os
from pathlib import Path
import pty
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from typing import IO

import pytest
from rclpy.client import Client
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_srvs.srv import Trigger
from vla_contract.ros.lifecycle import VlaNode
from vla_contract.ros.question import introduction
from vla_contract.ros.testing import ros  # noqa: F401
from vla_rollout.episode_control import Order


@dataclass(frozen=True)
class NoSettings:
    pass


class Bare(VlaNode):
    """A node of the motion, as far as its lifecycle."""

    settings_type = NoSettings

    def build(self, settings: NoSettings) -> None:
        self.history: list[str] = []

    def start(self) -> None:
        self.history.append('start')

    def stop(self) -> None:
        self.history.append('stop')


class Robot:
    """Action filter and policy server, and an operator who calls services."""

    def __init__(self) -> None:
        self.nodes = [Bare('action_filter'), Bare('policy_server')]
        self.operator = Node('operator')
        self.clients: dict[Order, Client] = {}
        self.executor = SingleThreadedExecutor()
        for node in (*self.nodes, self.operator):
            self.executor.add_node(node)
        for node in self.nodes:
            node.trigger_configure()
        self.thread = threading.Thread(target=self.executor.spin, daemon=True)
        self.thread.start()

    def order(self, order: str) -> Trigger.Response:
        """Call the service of an order."""
        if not self.clients:
            self.clients = {o: self.operator.create_client(Trigger, f'rollout/{o}') for o in Order}
            wait_until(introduction(self.operator, 'rollout').is_answered)
        client = self.clients[Order(order)]
        assert client.wait_for_service(120.0)
        future = client.call_async(Trigger.Request())
        wait_until(future.done)
        return future.result()

    def order_when_allowed(self, order: str) -> None:
        """Repeat an order until the rollout is where it means something."""
        wait_until(lambda: self.order(order).success)

    def is_moving(self) -> bool:
        return all(node.history[-1:] == ['start'] for node in self.nodes)

    def close(self) -> None:
        self.executor.shutdown()
        self.thread.join(60.0)
        for node in self.nodes:
            node.shut_down()
        for node in (*self.nodes, self.operator):
            node.destroy_node()


def wait_until(condition, timeout_s: float = 120.0) -> None:
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, 'condition not met'
        pause.wait(0.02)


@pytest.fixture
def robot(ros) -> Iterator[Robot]:  # noqa: F811
    robot = Robot()
    yield robot
    robot.close()


def command(runs: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, '-m', 'vla_rollout.ros.rollout', '--runs', str(runs)),
        *('--operator', 'A. Smith', '--policy', 'none', '--backend', 'hold', *more),
    ]


def read_summary(runs: Path) -> dict:
    (folder,) = [path for path in runs.iterdir() if not path.is_symlink()]
    return json.loads((folder / 'summary.json').read_text())


def test_services_start_label_discard_pause_and_stop(robot, tmp_path):
    log: IO[bytes] = (tmp_path / 'log').open('wb')
    process = subprocess.Popen(
        command(tmp_path / 'runs', '--episodes', '5', '--time-limit-s', '3600'),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )
    early = robot.order('success')
    assert not early.success
    assert "found order 'success'" in early.message

    robot.order_when_allowed('start')
    robot.order_when_allowed('success')

    robot.order_when_allowed('start')
    robot.order_when_allowed('pause')
    wait_until(lambda: not robot.is_moving())
    robot.order_when_allowed('start')
    robot.order_when_allowed('failure')

    robot.order_when_allowed('start')
    robot.order_when_allowed('discard')

    robot.order_when_allowed('start')
    wait_until(robot.is_moving)
    robot.order_when_allowed('stop')
    assert process.wait(120.0) == 0, (tmp_path / 'log').read_text()
    assert not robot.is_moving()

    summary = read_summary(tmp_path / 'runs')
    assert (summary['episodes'], summary['successes']) == (2, 1)
    rows = [*summary['results'], *summary['not_counted']]
    assert [row['outcome'] for row in rows] == ['success', 'failure', *['not_counted'] * 2]
    assert [row['termination'] for row in rows] == ['operator', 'operator', 'discard', 'stop']
    assert [row['operator_label'] for row in rows] == ['success', 'failure', None, None]
    assert {row['simulator_success'] for row in rows} == {None}
    assert rows[1]['failure_mode'] == 'operator stop'
    assert rows[2]['seed'] == rows[3]['seed'] == 2  # the discarded one is run again
    assert summary['settings']['operator'] == 'A. Smith'
    assert 'world' not in summary['settings']


def test_keys_label_what_the_time_ended_and_a_killed_rollout_frees_terminal_and_arm(
    robot, tmp_path
):
    here, there = pty.openpty()
    before = termios.tcgetattr(there)
    process = subprocess.Popen(
        command(tmp_path / 'runs', '--episodes', '2', '--time-limit-s', '0.2'),
        stdin=there,
        stdout=there,
        stderr=there,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    said = ''

    def read_until(text: str) -> None:
        nonlocal said
        while text not in said:
            ready, _, _ = select.select([here], [], [], 120.0)
            assert ready, f'waited for {text!r}, read {said!r}'
            said += os.read(here, 4096).decode()
        said = said.partition(text)[2]

    read_until('keys: space start, s success')
    read_until('place the object, then start')
    os.write(here, b' ')
    read_until('episode ended (timeout): success, failure or discard?')
    os.write(here, b's')
    read_until('episode 1/2  seed 0  success')
    read_until('place the object, then start')
    os.write(here, b'f')
    read_until("found order 'failure'; allowed: start, stop")
    process.send_signal(signal.SIGTERM)
    read_until('the arm comes to rest')
    assert process.wait(120.0) == 130
    assert termios.tcgetattr(there) == before
    assert not robot.is_moving()
    (row,) = read_summary(tmp_path / 'runs')['results']
    assert (row['success'], row['termination'], row['operator_label']) == (
        True,
        'timeout',
        'success',
    )
    os.close(here)
    os.close(there)
