"""The stack of a real robot beside a fake one, and what somebody does who means no good."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, UTC
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState
import numpy as np
import rclpy
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64, String
from support.command import Command
from support.operator_desk import OperatorDesk
from support.waiting import wait_for
from vla_contract.cli.command import write_json
from vla_contract.deployment.deployment import load_deployment
from vla_contract.ros.qos import COMMAND, LATCHED, STATE
from vla_contract.ros.question import Question
from vla_contract.ros.watcher import heartbeat_message
from vla_contract.stamps import from_stamp
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_rollout.episodes.provenance import provenance
from vla_rollout.graph.stack import Stack
from vla_rollout.preflight.seal import sealed

BACKEND = 'support.full_speed_policy:make_quarter'
DEPLOYMENT = load_deployment(backend=BACKEND)
FIRST_SPEED = 0.1
_WAIT_S = 60.0
_STILL_S, _STILL_RAD = 0.5, 1e-4
_ARM = list(DEPLOYMENT.cell.arm)


class AttackedRobot:
    """Filter, policy server and supervisor in processes of their own, and all who talk to them.

    Attributes:
        stack: the processes.
        desk: the operator's.
        preflight: path of the preflight.json that the supervisor reads.
        values: what the filter says beside its verdict.
        supervisor_says: its newest sentence.
        supervisor_values: what it says beside.
    """

    def __init__(
        self,
        stack: Stack,
        domain_id: int,
        preflight: Path,
        overrides: dict[str, dict[str, Any]],
    ) -> None:
        """Join the domain of a stack with parameters that may be changed."""
        self.stack, self.preflight, self._overrides = stack, preflight, overrides
        self.desk = OperatorDesk(domain_id)
        node = self.desk.node
        self.values: dict[str, str] = {}
        self.supervisor_says = ''
        self.supervisor_values: dict[str, str] = {}
        self._sent: list[tuple[int, float, np.ndarray]] = []
        self._strangers: list[Any] = []
        # Nothing of a node that spins in a thread is destroyed from another one.
        self._watch = node.create_publisher(String, 'watch', COMMAND)
        self._heartbeat: String | None = None
        node.create_timer(0.05, self._beat)
        node.create_subscription(DiagnosticStatus, 'action_filter/status', self._on_status, STATE)
        node.create_subscription(DiagnosticArray, 'diagnostics', self._on_diagnostics, STATE)
        node.create_subscription(JointState, 'action_filter/action', self._on_sent, STATE)

    def close(self) -> None:
        """Leave the domain."""
        for stranger in self._strangers:
            stranger.destroy_node()
        self.desk.close()

    def passes(self, policy: PolicyIdentity | None = None, **changes: Any) -> None:
        """Write a preflight.json that passed, now and for this policy, unless told otherwise."""
        facts = provenance(DEPLOYMENT, policy or identity_of(DEPLOYMENT), 'none')
        values = {'passed': True, 'date': datetime.now(UTC).isoformat(), **facts, **changes}
        write_json(self.preflight, sealed(values))

    def serves(self, backend: str, source: str = '') -> None:
        """Have a policy server with nothing loaded that is to serve this: another process."""
        values = {'backend': backend, 'policy_source': source, 'check_policy': not source}
        served = self._overrides['policy_server']
        if served.items() >= values.items():
            self.unload()
            return
        served |= values
        before = self.stack.pid('policy_server')
        os.kill(before, signal.SIGINT)

        def is_another() -> bool:
            self.stack.start()
            return self.stack.pid('policy_server') != before

        wait_for(is_another, _WAIT_S, 'another policy server')
        self.unload()

    def changes(self, node: str, transition: int) -> bool:
        """Order a transition; return whether the node has made it."""
        request = ChangeState.Request(transition=Transition(id=transition))
        return bool(self._ask(ChangeState, f'{node}/change_state', request).success)

    def unload(self) -> None:
        """Bring the policy server to where nothing is loaded."""
        steps = {
            State.PRIMARY_STATE_ACTIVE: Transition.TRANSITION_DEACTIVATE,
            State.PRIMARY_STATE_INACTIVE: Transition.TRANSITION_CLEANUP,
        }
        while (step := steps.get(self.desk.state('policy_server'))) is not None:
            assert self.changes('policy_server', step)

    def moves(self) -> None:
        """Release, watch, and let the policy move the arm until it does."""
        self.serves(BACKEND)
        self.passes()
        released, said = self.desk.call('supervisor/release')
        assert released, said
        self._heartbeat = heartbeat_message('attack_table')
        for node in ('action_filter', 'policy_server'):
            assert self.changes(node, Transition.TRANSITION_ACTIVATE)
        self.desk.wait_for_motion(0.02)

    def unwatch(self) -> None:
        """Watch the arm no more."""
        self._heartbeat = None
        self._watch.publish(String())

    def stranger_says(self, speed: float) -> None:
        """Have a node that nobody knows publish a speed, so that the filter hears it."""
        stranger = rclpy.create_node('stranger', context=self.desk.node.context)
        self._strangers.append(stranger)
        publisher = stranger.create_publisher(Float64, 'speed_scale', LATCHED)
        publisher.publish(Float64(data=speed))
        wait_for(lambda: self._hears_stranger, _WAIT_S, 'the filter to hear the stranger')

    def stranger_leaves(self) -> None:
        """End it."""
        self._strangers.pop().destroy_node()
        wait_for(lambda: not self._hears_stranger, _WAIT_S, 'the stranger to be gone')

    @property
    def _hears_stranger(self) -> bool:
        return 'stranger' in self.values.get('speed_conflict', '')

    def stands(self) -> bool:
        """Whether nothing that was sent in the last half second moves the arm."""
        now_s = time.monotonic()
        recent = [position for _, at_s, position in self._sent if now_s - at_s < _STILL_S]
        return len(recent) < 2 or float(np.ptp(recent, axis=0).max()) < _STILL_RAD

    def fastest(self, count: int = 100) -> float:
        """Return the largest share of a velocity limit in the next commands."""
        begin = len(self._sent)
        wait_for(lambda: len(self._sent) > begin + count, _WAIT_S, 'commands')
        sent = self._sent[begin:]
        times_s = np.array([stamp_ns for stamp_ns, _, _ in sent]) / 1e9
        speeds = np.diff([position for _, _, position in sent], axis=0) / np.diff(times_s)[:, None]
        limits = np.array([DEPLOYMENT.cell.joints[i].velocity for i in _ARM])
        return float(np.abs(speeds / limits).max())

    def assert_locked(self) -> None:
        """See that the arm stands, and that nobody can activate the filter."""
        wait_for(self.stands, _WAIT_S, 'the arm to stand')
        if self.desk.state('action_filter') == State.PRIMARY_STATE_UNCONFIGURED:
            assert self.changes('action_filter', Transition.TRANSITION_CONFIGURE)
        begin = len(self._sent)
        assert not self.changes('action_filter', Transition.TRANSITION_ACTIVATE)
        assert self.desk.state('action_filter') == State.PRIMARY_STATE_INACTIVE
        assert len(self._sent) == begin

    def _ask(self, kind: Any, service: str, request: Any) -> Any:
        client = self.desk.node.create_client(kind, service)
        wait_for(client.service_is_ready, _WAIT_S, service)
        # The state was asked before: who orders is known there.
        self.desk.state(service.partition('/')[0])
        question = Question(client, request)
        wait_for(question.is_answered, _WAIT_S, f'an answer of {service}')
        return question.answer

    def _beat(self) -> None:
        if heartbeat := self._heartbeat:
            self._watch.publish(heartbeat)

    def _on_status(self, msg: DiagnosticStatus) -> None:
        self.values = {pair.key: pair.value for pair in msg.values}

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            if status.name == 'supervisor':
                self.supervisor_says = status.message
                self.supervisor_values = {pair.key: pair.value for pair in status.values}

    def _on_sent(self, msg: JointState) -> None:
        arm = np.array(msg.position)[_ARM]
        self._sent.append((from_stamp(msg.header.stamp), time.monotonic(), arm))


@contextmanager
def attacked_robot(folder: Path, domain_id: int) -> Iterator[AttackedRobot]:
    """Start all of it in a domain, by the clock of the fake robot."""
    overrides: dict[str, dict[str, Any]] = {
        name: {'use_sim_time': True} for name in ('action_filter', 'policy_server', 'supervisor')
    }
    overrides['policy_server'] |= {'backend': BACKEND, 'policy_source': '', 'check_policy': True}
    overrides['supervisor']['preflight'] = str(folder / 'preflight.json')
    arguments = ['-m', 'support.fake_robot.driver', '--ros-args', '-p', 'publish_clock:=true']
    (folder / 'robot').mkdir()
    robot = Command([sys.executable, *arguments], folder / 'robot', dict(os.environ))
    try:
        with Stack('real_robot', folder / 'logs', domain_id, overrides) as stack:
            attacked = AttackedRobot(stack, domain_id, folder / 'preflight.json', overrides)
            try:
                yield attacked
            finally:
                attacked.close()
    finally:
        robot.process.terminate()
        robot.finish(60.0)


def start_preflight(folder: Path, result: Path) -> 'subprocess.Popen[bytes]':
    """Start the checklist with a person who has not answered yet; it says all to preflight.txt."""
    command = [sys.executable, '-m', 'vla_rollout.preflight.ros.preflight', '--operator', 'test']
    command += ['--backend', 'hold', '--json', str(result), '--runs', str(folder / 'runs')]
    with (folder / 'preflight.txt').open('wb') as stream:
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, cwd=folder, stdout=stream, stderr=stream
        )
