"""A fake robot, its released stack and a rollout that drives it, to see what ends in what."""

from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, UTC
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import numpy as np
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image, JointState
from std_srvs.srv import Trigger
from support.operator_desk import OperatorDesk
from support.python_path import python_path, TESTS
from support.waiting import wait_for
from vla_contract.cli.command import write_json
from vla_contract.deployment.deployment import load_deployment
from vla_contract.ros.qos import SENSOR
from vla_contract.ros.question import Question
from vla_contract.stamps import from_stamp
from vla_policy_server.identity.identify import identity_of
from vla_rollout.episodes.provenance import provenance
from vla_rollout.graph.stack import Stack
from vla_rollout.preflight.seal import sealed

FAULTY = TESTS.parent / 'src' / 'vla_rollout' / 'test' / 'ros' / 'faulty_rollout.py'
BACKEND = 'support.full_speed_policy:make_quarter'
DEPLOYMENT = load_deployment(backend=BACKEND)
CELL = DEPLOYMENT.cell
ARM = list(CELL.arm)
_WATCHED_S = 3.0
_STILL_RAD = 1e-6


class EndingBench(OperatorDesk):
    """A person beside the robot who logs what the arm is told.

    Attributes:
        rollout: the process of the newest rollout.
    """

    rollout: subprocess.Popen[bytes]

    def __init__(self, folder: Path, domain_id: int, stack: Stack) -> None:
        """Join the graph."""
        super().__init__(domain_id)
        self.folder, self.stack = folder, stack
        self._number = 0
        self._log: list[tuple[int, np.ndarray]] = []
        self._node.create_subscription(
            JointState, 'action_filter/action', self._on_sent, QoSProfile(depth=1000)
        )
        self._images = self._node.create_publisher(Image, 'camera/color/image_raw', SENSOR)
        self._start = self._node.create_client(Trigger, 'rollout/start')

    def begin(self, fault: str) -> None:
        """Release the robot, start a rollout, and wait until the policy drives the arm."""
        self.stack.start()
        wait_for(lambda: len(self.publishers('policy_chunk')) <= 1, 60.0, 'DDS to bury the dead')
        wait_for(lambda: self.call('supervisor/release')[0], 120.0, 'the release')
        self.call('action_filter/reset')
        self._number += 1
        command = [str(FAULTY), fault] if fault else ['-m', 'vla_rollout.episodes.ros.rollout']
        command += ['--operator', 'test', '--episodes', '3', '--time-limit-s', '600', '--record']
        with self._output.open('wb') as log:
            self.rollout = subprocess.Popen(
                [sys.executable, *command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_restore_signals,
            )
        wait_for(lambda: 'place the object' in self.said, 60.0, 'the rollout to be ready')
        self._log.clear()
        try:
            wait_for(self._is_driven, 60.0, 'motion')
        except AssertionError as error:
            raise AssertionError(f'{error}; {self.status}; the rollout: {self.said}') from None

    def call(self, service: str, value: bool | None = None) -> tuple[bool, str]:
        """Call a Trigger service until it answers: a node that has just started may drop one."""
        client = self._clients.setdefault(service, self._node.create_client(Trigger, service))
        question = Question(client, Trigger.Request(), again_s=3.0)
        wait_for(question.is_answered, 60.0, f'an answer of {service}')
        return question.answer.success, question.answer.message

    def settle(self) -> None:
        """End what is left of the rollout and of the stack, start it anew and lock the robot."""
        for name in self.stack.names:
            with suppress(ProcessLookupError):
                os.kill(self.stack.pid(name), signal.SIGCONT)
        self.rollout.kill()
        self.rollout.wait()
        self.stack.start()
        wait_for(lambda: self.call('supervisor/lock')[0], 60.0, 'the lock')

    @property
    def said(self) -> str:
        """What the rollout has printed."""
        return self._output.read_text(errors='replace')

    def newest_ns(self) -> int:
        """Return the stamp of the newest command [ns]."""
        return self._log[-1][0]

    def moved_after_s(self, since_ns: int) -> float:
        """Look on for three seconds, then return when the last moving command was due [s]."""
        end_s = time.monotonic() + _WATCHED_S
        wait_for(lambda: time.monotonic() > end_s, 2 * _WATCHED_S, 'time to pass')
        log = list(self._log)
        steps = np.abs(np.diff([position for _, position in log], axis=0)).max(axis=1)
        moving_ns = [log[k + 1][0] for k in np.flatnonzero(steps > _STILL_RAD)]
        return max(0.0, (moving_ns[-1] - since_ns) / 1e9)

    def send(self, *numbers: signal.Signals) -> None:
        """Send signals to the rollout."""
        for number in numbers:
            self.rollout.send_signal(number)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a process of the stack."""
        os.kill(self.stack.pid(name), number)

    def show_bad_images(self) -> None:
        """Publish images that are none, and see that the rollout goes on."""
        unknown = Image(height=8, width=8, step=24, encoding='nv24')
        unknown.data = array('B', bytes(192))
        truncated = Image(height=8, width=8, step=24, encoding='rgb8')

        def is_said() -> bool:
            # The camera's own may replace them on the way.
            for image in (unknown, truncated):
                self._images.publish(image)
            return 'not filmed' in self.said

        wait_for(is_said, 10.0, 'the bad image to be said')
        self._log.clear()
        try:
            wait_for(self._is_moving, 10.0, 'the arm to go on')
        except AssertionError as error:
            raise AssertionError(f'{error}; {self.status}; the rollout: {self.said}') from None

    @property
    def _output(self) -> Path:
        return self.folder / f'rollout{self._number}.txt'

    def _is_driven(self) -> bool:
        """Say start, again and again: one that is not ready refuses, and so does one that runs."""
        assert self.rollout.poll() is None, self.said
        if self.status.startswith(('stop', 'latched')):
            # A machine that many share is late now and then.
            self.call('action_filter/reset')
        self._start.call_async(Trigger.Request())
        with suppress(AssertionError):
            wait_for(self._is_moving, 1.0, 'motion')
            return True
        return False

    def _is_moving(self) -> bool:
        recent = np.array([position for _, position in self._log[-50:]])
        return len(recent) == 50 and bool(np.ptp(recent, axis=0).max() > 5e-3)

    def _on_sent(self, msg: JointState) -> None:
        self._log.append((from_stamp(msg.header.stamp), np.array(msg.position)[ARM]))


@contextmanager
def ending_bench(folder: Path, domain_id: int) -> Iterator[EndingBench]:
    """Start a fake robot and its stack in a domain, with a policy that never rests."""
    os.environ['PYTHONPATH'] = python_path()
    facts = provenance(DEPLOYMENT, identity_of(DEPLOYMENT), 'none')
    passed = {'passed': True, 'date': datetime.now(UTC).isoformat(), **facts}
    write_json(folder / 'preflight.json', sealed(passed))
    overrides = {
        'policy_server': {'backend': BACKEND},
        'supervisor': {'preflight': str(folder / 'preflight.json'), 'first_speed': 1.0},
        'recorder': {'folder': str(folder / 'recordings')},
    }
    with (folder / 'robot.txt').open('wb') as log:
        robot = subprocess.Popen(
            [sys.executable, '-m', 'support.fake_robot.driver'],
            stdout=log,
            stderr=log,
            env={**os.environ, 'ROS_DOMAIN_ID': str(domain_id)},
            preexec_fn=_restore_signals,
        )
    try:
        with Stack('real_robot', folder / 'logs', domain_id, overrides, ('recorder',)) as stack:
            bench = EndingBench(folder, domain_id, stack)
            try:
                yield bench
            finally:
                bench.close()
    finally:
        robot.terminate()
        robot.wait(30.0)


def _restore_signals() -> None:
    # Whoever runs this in the background, or without a terminal, has them ignored.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
