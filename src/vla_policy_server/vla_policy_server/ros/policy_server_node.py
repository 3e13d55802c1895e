"""The node policy_server: observations in, action chunks out."""

import os
import sys
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.timer import Timer
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.errors import ContractError, SettingError
from vla_contract.policy import Policy, ReportingPolicy
from vla_contract.ros.messages.filter_status import status_of
from vla_contract.ros.messages.joints import chunk_to_msg, point_to_msg
from vla_contract.ros.node.built import built
from vla_contract.ros.node.diagnostics import (
    DiagnosticsPublisher,
    ERROR,
    Health,
    loading,
    OK,
    WARN,
)
from vla_contract.ros.node.lifecycle import run_node, VlaNode
from vla_contract.ros.qos import COMMAND, LATCHED, STATE
from vla_policy_server.config import PolicyServerConfig
from vla_policy_server.identity.loading import load_identified
from vla_policy_server.ros.observation_topics import ObservationTopics
from vla_policy_server.self_test.checks import require_sound
from vla_policy_server.self_test.subject import subject_of
from vla_policy_server.serving.chunk_scheduler import Schedule
from vla_policy_server.serving.inference_thread import Answer, InferenceThread
from vla_policy_server.serving.latency import StageLatencies
from vla_policy_server.serving.session import PolicySession
from vla_policy_server.worker.gpu_memory import gpu_memory


class PolicyServer(VlaNode):
    """Feeds a policy session from topics, runs inference aside, publishes its chunks.

    Session, statistics and publishers belong to the executor's thread; the inference thread only
    computes and wakes it.
    """

    settings_type = PolicyServerConfig

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__('policy_server')
        self._inference: InferenceThread | None = None
        # Of the node, not of a configuration: a thread that ends late may still trigger it.
        self._answered = self.create_guard_condition(self._on_answers)
        self._timer: Timer | None = None
        # Of the node, not of a configuration: it also says that nothing is loaded.
        self._identity_pub = self.create_publisher(String, 'policy_server/identity', LATCHED)
        self._identity_pub.publish(String())

    def build(self, settings: PolicyServerConfig) -> None:
        """Load the policy, check it against the deployment, subscribe."""
        self._deployment = deployment = load_deployment(
            settings.deployment,
            cell=settings.cell,
            policy=settings.policy_path,
            task=settings.task,
            backend=settings.backend,
            source=settings.policy_source,
            allow_code=settings.allow_code.split(),
        )
        self._stages = StageLatencies()
        self._rejected_messages = self._starved_periods = 0
        _limit_threads(settings.threads)
        self._loading_since_s: float | None = time.monotonic()
        self._diagnostics = DiagnosticsPublisher(self, self._check)
        with self._diagnostics.beside():
            policy, self._identity = load_identified(
                deployment, settings.device, settings.precision
            )
            self._examine(policy, settings)
        schedule = Schedule(settings.mode, settings.execute_steps)
        self._session = PolicySession(deployment, policy, schedule)
        self._session.buffer.instruction = settings.instruction or deployment.task.instruction
        self._inference = InferenceThread(policy, self._answered.trigger)
        self._period_s = 1.0 / _control_freq(settings, deployment)
        self._chunk_pub = self.create_publisher(JointTrajectory, 'policy_chunk', COMMAND)
        self._action_pub = self.create_publisher(JointTrajectoryPoint, 'policy_action', COMMAND)
        self._is_blind = not (policy.needs_images or policy.needs_extras)
        self._topics = ObservationTopics(
            self, deployment, policy, self._session.buffer, self._infer_if_due, self._reject
        )
        if self._session.follows_the_plan:
            self.create_subscription(
                DiagnosticStatus, 'action_filter/status', self._on_filter_status, STATE
            )
        self.create_service(Trigger, 'policy_server/reset', self._on_reset)
        self._loading_since_s = None
        if self._identity.unknown:
            self.get_logger().warning(f'identity of the policy unknown: {self._identity.unknown}')
        self._identity_pub.publish(String(data=self._identity.to_json()))

    def _examine(self, policy: Policy, settings: PolicyServerConfig) -> None:
        """Say what was mapped on loading, and refuse a policy that fails its self-test.

        Policies without image input are built in and skip the self-test.
        """
        self._notes = tuple(policy.notes) if isinstance(policy, ReportingPolicy) else ()
        for note in self._notes:
            self.get_logger().info(note)
        if settings.check_policy and policy.needs_images:
            for check in require_sound(subject_of(self._deployment, policy)):
                self.get_logger().warning(f'{check.name}: {check.found}')

    def start(self) -> None:
        """Begin an episode with what is captured from now on.

        Raises:
            PolicyError: the inference thread has ended.
        """
        built(self._inference).require_alive()
        self._restart()
        self._timer = self.create_timer(self._period_s, self._on_control_tick)

    def stop(self) -> None:
        """Publish nothing more; the filter holds when its chunk grows stale."""
        if self._timer is not None:
            self.destroy_timer(self._timer)
            self._timer = None
        self._restart()

    def destroy(self) -> None:
        """Say that nothing is loaded, and end the inference thread."""
        self._identity_pub.publish(String())
        if self._inference is not None:
            self._inference.close()
            self._inference = None

    def _restart(self) -> None:
        self._session.restart(self.now_ns())
        if self._inference is not None:
            self._inference.reset()

    def _on_filter_status(self, msg: DiagnosticStatus) -> None:
        """Take what the filter plays: a new chunk goes on from there."""
        try:
            self._session.see_plan(status_of(msg).plan)
        except ContractError as error:
            self._reject(str(error))

    def _on_reset(self, request: Any, response: Any) -> Any:
        self._restart()
        response.success, response.message = True, 'episode forgotten'
        return response

    def _on_control_tick(self) -> None:
        # A policy that sees starts on what it has just seen, not on what is up to a frame old.
        if self._is_blind:
            self._infer_if_due()
        chunk = self._session.chunk
        if chunk is None:
            return
        k = (self.now_ns() - chunk.stamp_ns) // chunk.period_ns
        action = chunk.positions[min(max(k, 0), len(chunk.positions) - 1)]
        self._action_pub.publish(point_to_msg(action, chunk.period_ns))

    def _infer_if_due(self) -> None:
        # An answer that waits behind what called this decides whether an inference is due.
        self._on_answers()
        if not self.is_active or self._inference is None:
            return
        self._topics.read_joints()
        now_ns = self.now_ns()
        observation = self._session.begin(now_ns)
        if observation is not None:
            self._stages.add({'observation_age': now_ns - observation.stamp_ns})
            self._inference.submit(observation)

    def _on_answers(self) -> None:
        """Take what the inference thread has answered; it wakes the executor for this."""
        if self._inference is None:
            return
        for answer in self._inference.answers():
            self._take(answer)
        if self._inference.failure:
            self.get_logger().error(self._inference.failure, throttle_duration_sec=5.0)

    def _take(self, answer: Answer) -> None:
        """Publish the chunk of an answer, if it still counts."""
        failures = self._session.counts['failed_inferences']
        chunk = self._session.finish(answer.observation, answer.result, self.now_ns())
        if self._session.counts['failed_inferences'] > failures:
            self.get_logger().error(self._session.last_failure, throttle_duration_sec=5.0)
        if chunk is None or not self.is_active:
            return
        started_ns = time.monotonic_ns()
        self._chunk_pub.publish(chunk_to_msg(chunk, self._deployment.cell.joint_names))
        published_ns = time.monotonic_ns()
        own_ns = {'handover': started_ns - answer.done_ns, 'publish': published_ns - started_ns}
        self._stages.add({**answer.durations_ns, **own_ns})

    def _reject(self, reason: str) -> None:
        self._rejected_messages += 1
        self.get_logger().error(reason, throttle_duration_sec=5.0)

    def _check(self) -> Health:
        if self._loading_since_s is not None:
            return loading(time.monotonic() - self._loading_since_s)
        session, now_ns = self._session, self.now_ns()
        starved_periods = session.scheduler.starved_periods(now_ns)
        values = {
            **session.counts,
            'rejected_messages': self._rejected_messages,
            'starved_periods': starved_periods,
            'steps_left': session.scheduler.steps_left(now_ns),
            'delay_p95_ms': session.scheduler.delay_ns / 1e6,
            **session.seams.values(),
            **self._stages.values(),
            **gpu_memory(),
            'last_failure': session.last_failure,
            'notes': '; '.join(self._notes),
            'policy_sha256': self._identity.sha256,
            'cell_sha256': self._deployment.cell.sha256,
            'deployment_sha256': self._deployment.sha256,
        }
        waiting = session.why_waiting(now_ns)
        if self._inference is not None and self._inference.failure:
            return Health(ERROR, self._inference.failure, values)
        if session.misfit is not None:
            return Health(ERROR, str(session.misfit), values)
        if not self.is_active:
            return Health(OK, 'inactive', values)
        if waiting:
            return Health(WARN, f'waiting: {waiting}', values)
        missed, self._starved_periods = starved_periods - self._starved_periods, starved_periods
        starved = f'no step was left in {missed} control periods' if missed > 0 else ''
        if starved or session.gap:
            return Health(WARN, '; '.join(filter(None, (starved, session.gap))), values)
        return Health(OK, 'serving', values)


def _control_freq(settings: PolicyServerConfig, deployment: Deployment) -> float:
    """Return the rate of the policy [Hz].

    Raises:
        SettingError: the settings want another, at which policy_action would skip or repeat.
    """
    rate_hz = deployment.policy.rate_hz
    if settings.control_freq not in (0.0, rate_hz):
        allowed = f'{rate_hz:g}, the rate of policy {deployment.policy.name}, or 0 for it'
        raise SettingError('policy_server', 'control_freq', str(settings.control_freq), allowed)
    return rate_hz


def _limit_threads(threads: int) -> None:
    """Bound the CPU threads of a policy before it is loaded: graphs take their number then.

    torch reads the variable on its import, which a backend without a network never does.
    """
    os.environ['OMP_NUM_THREADS'] = str(threads)
    if 'torch' in sys.modules:
        sys.modules['torch'].set_num_threads(threads)


def main() -> int:
    """Run the node."""
    return run_node(PolicyServer)


if __name__ == '__main__':
    sys.exit(main())
