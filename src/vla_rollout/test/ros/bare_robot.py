"""A robot for tests of a rollout: two nodes that only keep their states, and an operator."""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
import json
from pathlib import Path
import subprocess
import sys
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from forked_command import Forkery
import numpy as np
import pytest
from rclpy.client import Client
from rclpy.clock import Clock, ClockType
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.deployment import load_deployment
from vla_contract.filter_status import FilterStatus, Verdict
from vla_contract.ros.messages.joints import chunk_to_msg
from vla_contract.ros.node.lifecycle import VlaNode
from vla_contract.ros.qos import COMMAND, LATCHED, SENSOR, STATE
from vla_contract.ros.question import introduction
from vla_contract.values import ActionChunk
from vla_policy_server.identity.identify import identity_of
from vla_rollout.episodes.control import Order

DEPLOYMENT = load_deployment(policy='none', backend='hold')
CELL, SERVED = DEPLOYMENT.cell, identity_of(DEPLOYMENT)


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


class Filter(Bare):
    """Says what it is told to say while it is active, and hears who watches."""

    says = 'hold: no chunk'

    def build(self, settings: NoSettings) -> None:
        super().build(settings)
        self.human, self.counters = (), {'cycles': 0, 'human_cycles': 0}
        for name, human in (('take_over', ('arm',)), ('hand_back', ())):
            give = partial(self._give, human)
            self.create_service(Trigger, f'action_filter/{name}', give)
        self.watched_s: list[float] = []
        self._status = self.create_publisher(DiagnosticStatus, 'action_filter/status', STATE)
        self.create_subscription(
            String, 'watch', lambda _: self.watched_s.append(time.monotonic()), COMMAND
        )
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(0.05, self._say, clock=steady)

    def stop(self) -> None:
        super().stop()
        self.stopped_s = time.monotonic()

    def _give(self, human: tuple[str, ...], request: Any, response: Any) -> Any:
        self.human = human
        response.success, response.message = True, f'commanded by {human or "the policy"}'
        return response

    def _say(self) -> None:
        if self.is_active:
            self.counters['cycles'] += 5
            self.counters['human_cycles'] += 5 * bool(self.human)
            status = FilterStatus(Verdict.HOLD, human=self.human, counters=self.counters)
            values = [KeyValue(key=key, value=value) for key, value in status.values().items()]
            self._status.publish(DiagnosticStatus(message=self.says, values=values))


class PolicyServer(Bare):
    """Says what it serves, and answers while it is active, or why it cannot."""

    failure = ''

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._identity = self.create_publisher(String, 'policy_server/identity', LATCHED)

    def build(self, settings: NoSettings) -> None:
        super().build(settings)
        self.serve(SERVED.to_json())
        self.failed = 0
        self._diagnostics = self.create_publisher(DiagnosticArray, 'diagnostics', STATE)
        self._chunks = self.create_publisher(JointTrajectory, 'policy_chunk', COMMAND)
        self.create_timer(0.02, self._answer, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _answer(self) -> None:
        if self.is_active and self.failure:
            self.failed += 1
            said = {'failed_inferences': str(self.failed), 'last_failure': self.failure}
            values = [KeyValue(key=key, value=value) for key, value in said.items()]
            status = DiagnosticStatus(name='policy_server', values=values)
            self._diagnostics.publish(DiagnosticArray(status=[status]))
        elif self.is_active:
            now_ns = self.get_clock().now().nanoseconds
            chunk = ActionChunk(now_ns, 100_000_000, np.tile(CELL.home, (8, 1)))
            self._chunks.publish(chunk_to_msg(chunk, CELL.joint_names))

    def serve(self, text: str) -> None:
        self._identity.publish(String(data=text))


class Robot:
    """Action filter and policy server, and an operator who calls services."""

    def __init__(self) -> None:
        self.filter, self.policy = Filter('action_filter'), PolicyServer('policy_server')
        self.nodes: list[Bare] = [self.filter, self.policy]
        self.operator = Node('operator')
        self.images = self.operator.create_publisher(Image, 'camera/color/image_raw', SENSOR)
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

    def forget(self) -> None:
        """Make clients anew for the next rollout: what an order asks for must not be lost.

        Those of before count its predecessor, killed or gone, as their server for a while.
        """
        for client in self.clients.values():
            self.operator.destroy_client(client)
        self.clients = {}

    def order_when_allowed(self, order: str) -> None:
        """Repeat an order until the rollout is where it means something."""
        wait_until(lambda: self.order(order).success)

    def is_moving(self) -> bool:
        return all(node.history[-1:] == ['start'] for node in self.nodes)

    def show(self, **wrong: Any) -> None:
        """Publish an image of the first camera, as its cell has it or with something wrong."""
        values = {'height': 384, 'width': 384, 'encoding': 'rgb8', 'step': 3 * 384, **wrong}
        data = values.pop('data', bytes(values['height'] * values['step']))
        # An array of type 'B' is taken as it is; bytes would be checked one by one.
        self.images.publish(Image(**values, data=array('B', data)))

    def close(self) -> None:
        self.executor.shutdown()
        self.thread.join(60.0)
        for node in self.nodes:
            node.shut_down()
        for node in (*self.nodes, self.operator):
            node.destroy_node()


def wait_until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, 'condition not met'
        pause.wait(0.02)


@pytest.fixture
def robot(ros: Any) -> Iterator[Robot]:
    robot = Robot()
    yield robot
    robot.close()


@pytest.fixture(scope='session')
def forkery() -> Iterator[Forkery]:
    """Return what rollouts are forked from; it has read the robot, too."""
    forkery = Forkery(
        'vla_rollout.episodes.ros.counted_rollout',
        'read_description',
        # What rclpy imports for the first node of a process.
        'rosidl_generator_py',
        'vla_policy_server.serving.chunk_scheduler',
    )
    yield forkery
    forkery.close()


class Rollout:
    """The command in a process of its own, as a service manager starts it."""

    def __init__(self, forkery: Forkery, arguments: list[str], log: Path) -> None:
        self._log = log
        log.touch()
        self.process = forkery.start(arguments, log)

    @property
    def said(self) -> str:
        # What is being written may end within a character.
        return self._log.read_text(errors='replace')

    def wait_for(self, text: str) -> None:
        wait_until(lambda: text in self.said or self.process.poll() is not None)
        assert text in self.said, self.said

    def finish(self) -> int:
        try:
            return self.process.wait(60.0)
        except subprocess.TimeoutExpired:
            pytest.fail(f'still running; it said: {self.said}')


@pytest.fixture
def start(robot: Robot, forkery: Forkery, tmp_path: Path) -> Iterator[Callable[..., Rollout]]:
    """Start rollouts that the robot orders about; what still runs at the end is ended."""
    rollouts: list[Rollout] = []

    def run(*more: str, fault: str = '') -> Rollout:
        log = tmp_path / f'log{len(rollouts)}'
        _, *arguments = command(tmp_path / 'runs', *more)
        if fault:
            arguments[:2] = [str(Path(__file__).parent / 'faulty_rollout.py'), fault]
        robot.forget()
        rollouts.append(Rollout(forkery, arguments, log))
        return rollouts[-1]

    yield run
    for rollout in rollouts:
        rollout.process.kill()
        rollout.process.wait()


def command(runs: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, '-m', 'vla_rollout.episodes.ros.rollout', '--runs', str(runs)),
        *('--operator', 'A. Smith', '--policy', 'none', '--backend', 'hold', *more),
    ]


def run_folder(runs: Path) -> Path:
    (folder,) = [path for path in runs.iterdir() if not path.is_symlink()]
    return folder


def read_summary(runs: Path) -> dict[str, Any]:
    folder = run_folder(runs)
    return json.loads((folder / 'summary.json').read_text())
