"""The rollout's side of a running graph: motion, reset, and what the topics say."""

from collections.abc import Callable, Sequence
import json
import threading
import time
from typing import Any

from rcl_interfaces.srv import SetParameters
from rclpy.context import Context
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from std_msgs.msg import Float64
from std_srvs.srv import Trigger
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.filter_status import FilterStatus
from vla_contract.ros.node.node_thread import NodeThread
from vla_contract.ros.qos import LATCHED
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_rollout.diagnosis.detectors.images.training_images import TrainingImages
from vla_rollout.diagnosis.healthy import Healthy
from vla_rollout.diagnosis.ros.live_diagnosis import LiveDiagnosis
from vla_rollout.episodes.control import Commander, EpisodeControl
from vla_rollout.episodes.ros.services import offer_orders
from vla_rollout.graph.ros.absent_node import AbsentNode
from vla_rollout.graph.ros.episode_topics import EpisodeTopics
from vla_rollout.graph.ros.heartbeat import Heartbeat
from vla_rollout.graph.ros.motion import ACTIVE, FILTER, INACTIVE, Motion, POLICY
from vla_rollout.graph.ros.node_calls import GraphError, NoAnswerError, NodeCalls
from vla_rollout.graph.ros.stack_run import Check
from vla_rollout.recording.ros.recorder_watch import RecorderWatch

_POLL_S = 0.02
# The filter speaks ten times a second, of simulated time.
_STATUS_S = 20.0
# A latched filter does not let go before the arm has come to rest.
_SETTLE_S = 5.0
# It is latched, and published by the time the server is configured.
_IDENTITY_S = 20.0


class RolloutGraph:
    """Drives episodes on a running graph from plain synchronous code.

    Threads of their own serve the callbacks; `check` is called while waiting and may raise.
    """

    def __init__(
        self,
        context: Context,
        cell: Cell,
        check: Check,
        control: EpisodeControl | None = None,
        has_simulator: bool = True,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Join the graph of an initialised context.

        Args:
            context: of rclpy.
            cell: its robot and cameras.
            check: called while waiting; may raise.
            control: takes the operator's orders from services, None for no such services.
            has_simulator: whether a simulator resets the scene and tells success.
            tell: says to the operator what is waited for.
        """
        self.has_simulator = has_simulator
        self._check, self._tell = check, tell
        self._threads = [NodeThread('rollout', context)]
        self._node = self._threads[0].node
        self._context = context
        topics = EpisodeTopics(self._node, cell.cameras[0])
        self.monitor, self.served = topics.monitor, topics.served
        self.failed_inferences, self._loading = topics.failed_inferences, topics.loading
        self._speed: Publisher | None = None
        self._is_ending, self._problem = False, ''
        self._absent: AbsentNode | None = None
        self._pause = threading.Event()
        self._heartbeat = Heartbeat(self._node, 'rollout')
        self.calls = NodeCalls(self._node, self.wait_until)
        self.motion = Motion(self.calls, self._heartbeat)
        self.recorder = RecorderWatch(self._node, self.calls)
        self.diagnosis: LiveDiagnosis | None = None
        if control:
            offer_orders(self._node, control)
        self._threads[0].start()

    def close(self) -> None:
        """Leave the graph."""
        for thread in self._threads:
            thread.close()

    def now_ns(self) -> int:
        """Return the time of the graph [ns]."""
        return int(self._node.get_clock().now().nanoseconds)

    def wait_until(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        """Wait for a condition, watching processes, recorder, policy and, in motion, the arm.

        Time in which the policy server says that it loads its policy does not count.

        Raises:
            NoAnswerError: it did not become true in time; says what was awaited.
            GraphError: the recorder does not record any more.
            OtherPolicyError: the policy server serves another policy than when the run began.
            OSError: a callback could not write its video frame.
        """
        deadline = time.monotonic() + timeout_s
        while not condition():
            if self._loading.is_going_on:
                deadline = time.monotonic() + timeout_s
            if time.monotonic() > deadline:
                raise NoAnswerError(timeout_s, what)
            self.look()

    def look(self) -> None:
        """Let a fiftieth of a second pass, watching the graph and telling that somebody watches.

        Raises:
            GraphError, OtherPolicyError, OSError: as `wait_until`.
        """
        if not self._is_ending:
            self._look_around()
        absent = self._absent.news() if self._absent else ''
        for news in filter(None, (self._loading.news(), absent)):
            self._tell(news)
        self._heartbeat.beat()
        self._pause.wait(_POLL_S)

    def wait_until_ready(
        self,
        timeout_s: float,
        beside: Sequence[str] = (),
        appear_s: float | None = None,
        hint: str = '',
    ) -> None:
        """Wait until the nodes of an episode are configured and time runs.

        Nothing that moves the arm need be active yet: the first episode activates it.

        Args:
            timeout_s: for each of them [s].
            beside: names of more nodes, which have to be active.
            appear_s: for each of them to be there at all, None for as long [s].
            hint: how to start them, '' where that is being done.

        Raises:
            GraphError: names the node that did not appear, become active, or get configured.
        """
        motion = ((name, (ACTIVE, INACTIVE), 'be configured') for name in (FILTER, POLICY))
        simulator = ['mujoco_bridge'] if self.has_simulator else []
        active = [(name, (ACTIVE,), 'become active') for name in (*simulator, *beside)]
        for name, allowed, verb in (*active, *motion):
            self._wait_for_node(name, timeout_s if appear_s is None else appear_s, hint)
            self._wait_for_state(name, allowed, verb, timeout_s)
        # Latencies are measured by the clock that stamps the chunks: the machine's, or /clock.
        by_simulator = self.calls.get_parameter(FILTER, 'use_sim_time').bool_value
        self._clock = Parameter('use_sim_time', value=by_simulator)
        self._node.set_parameters([self._clock])
        self.wait_until(lambda: self.now_ns() > 0, timeout_s, 'simulated time')

    def _wait_for_state(
        self, name: str, allowed: tuple[int, ...], verb: str, timeout_s: float
    ) -> None:
        def has_it() -> bool:
            return self.calls.state(name, timeout_s) in allowed

        self.wait_until(has_it, timeout_s, f'node {name} to {verb}')

    def _wait_for_node(self, name: str, within_s: float, hint: str) -> None:
        self._absent = absent = AbsentNode(self._node, name, within_s, hint)
        try:
            self.calls.wait_for_node(name, within_s)
        except NoAnswerError as error:
            raise GraphError(f'{error}: {absent.place}') from None
        finally:
            self._absent = None

    def begin(self) -> PolicyIdentity:
        """Return what the policy server says it serves; from now on another ends the run.

        Raises:
            NoAnswerError: it does not say it.
            VlaError: what it says cannot be read.
        """
        self.wait_until(
            lambda: self.served.is_known, _IDENTITY_S, f'{POLICY}/identity, what {POLICY} serves'
        )
        return self.served.begin()

    def diagnose(
        self, deployment: Deployment, healthy: Healthy | None, training: TrainingImages | None
    ) -> None:
        """Watch episodes from now on; the graph is ready.

        Args:
            deployment: what runs.
            healthy: what episodes of its policy look like, None for not known.
            training: what its policy was shown in training, None for not known.
        """
        # What is diagnosed may take its time; what stops the arm must not wait for it.
        thread = NodeThread('rollout_diagnosis', self._context)
        thread.node.set_parameters([self._clock])
        self.diagnosis = LiveDiagnosis(thread.node, deployment, healthy, training)
        self._threads.append(thread)
        thread.start()

    def arm(self) -> str:
        """Activate the filter; returns why it stands latched, '' when it does not."""
        self.monitor.forget_status()
        self.motion.arm()
        return self._newest_status().latch_cause

    def unlatch(self) -> str:
        """Have a latched filter let go, of a robot that somebody has put where it may go on.

        Returns:
            Why it stays latched, '' when it does not.
        """
        deadline = time.monotonic() + _SETTLE_S
        while True:
            answer = self.calls.order(FILTER, Trigger, f'{FILTER}/reset', Trigger.Request())
            if answer.success or time.monotonic() > deadline:
                return '' if answer.success else str(answer.message)
            self.look()

    def give_arms(self, commander: Commander) -> str:
        """Have the filter follow a human, or the policy again; returns what it says.

        Raises:
            NoAnswerError: it does not answer.
        """
        name = f'{FILTER}/{commander}'
        return str(self.calls.order(FILTER, Trigger, name, Trigger.Request()).message)

    def _newest_status(self) -> FilterStatus:
        """Return what the filter says from now on, once it is active."""

        def status() -> FilterStatus | None:
            said = self.monitor.status
            return said if said and said.verdict is not None else None

        self.wait_until(lambda: status() is not None, _STATUS_S, f'the status of {FILTER}')
        return status() or FilterStatus(None)

    def rest(self) -> str:
        """Bring the arm to rest within a second, whatever has happened; the end of every run.

        Returns:
            How the arm stands, and what could not be done.
        """
        self._is_ending = True
        self._problem = self.motion.rest() or self._problem
        how = 'the arm was NOT brought to rest' if self._heartbeat.is_on else 'the arm rests'
        return '; '.join(filter(None, (how, self._problem)))

    def reset_world(self, seed: int) -> dict[str, Any]:
        """Reset the simulator; returns the manifest of the episode."""
        self.calls.set_parameter('mujoco_bridge', 'next_seed', seed)
        request = Trigger.Request()
        response = self.calls.order('mujoco_bridge', Trigger, 'sim/reset', request)
        manifest: dict[str, Any] = json.loads(response.message)
        if manifest['seed'] != seed:
            raise GraphError(f'sim/reset used seed {manifest["seed"]} instead of {seed}')
        return manifest

    def set_speed(self, scale: float) -> None:
        """Limit the filter to a share of the velocity limits, until it is set again.

        A supervisor owns the speed where there is one; two would contradict each other.

        Raises:
            GraphError: the supervisor does not answer, or refuses.
        """
        if self._speed is None and self.calls.has_service(
            SetParameters, 'supervisor/set_parameters'
        ):
            self.calls.set_parameter('supervisor', 'speed', scale)
            return
        if self._speed is None:
            self._speed = self._node.create_publisher(Float64, 'speed_scale', LATCHED)
        self._speed.publish(Float64(data=scale))

    def _look_around(self) -> None:
        self._check()
        self.recorder.check()
        self.served.check()
        for thread in self._threads:
            if thread.error is not None:
                raise thread.error
