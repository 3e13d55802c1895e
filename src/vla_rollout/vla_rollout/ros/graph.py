"""The rollout's side of a running graph: lifecycle, reset, and what the topics say."""

from collections.abc import Callable, Mapping
import json
import math
from pathlib import Path
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.client import Client
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import Bool, Float64, String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory
from vla_contract.contract import RobotContract
from vla_contract.errors import VlaError
from vla_contract.ros.image_conversion import image_from_msg
from vla_contract.ros.qos import COMMAND, LATCHED, SENSOR, STATE
from vla_contract.ros.question import Question
from vla_contract.ros.stamps import from_stamp
from vla_rollout.diagnosis.healthy import Healthy
from vla_rollout.episode_control import EpisodeControl
from vla_rollout.episode_monitor import EpisodeMonitor
from vla_rollout.ros.episode_services import offer_orders
from vla_rollout.ros.live_diagnosis import LiveDiagnosis

# What an episode needs, in the order in which motion is enabled.
_MOTION = ('action_filter', 'policy_server')
_POLL_S = 0.02
# Loading a large policy keeps its node from answering.
_CALL_S = 60.0
_AGAIN_S = 3.0
_QUESTIONS = (
    GetParameters,
    GetState,
    SetParameters,
)  # the same answer however often they are asked

Check = Callable[[], None]


class GraphError(VlaError):
    """A node of the graph did not answer, or refused."""


class RolloutGraph:
    """Drives episodes on a running graph from plain synchronous code.

    A thread of its own serves the callbacks; `check` is called while waiting and may raise.
    """

    def __init__(
        self,
        context: Context,
        contract: RobotContract,
        check: Check,
        healthy: Healthy | None = None,
        control: EpisodeControl | None = None,
        has_simulator: bool = True,
    ) -> None:
        """Join the graph of an initialised context.

        Args:
            context: of rclpy.
            contract: the robot.
            check: called while waiting; may raise.
            healthy: what episodes of this policy look like, None for no diagnosis.
            control: takes the operator's orders from services, None for no such services.
            has_simulator: whether a simulator resets the scene and tells success.
        """
        self.has_simulator = has_simulator
        self._check = check
        self._error: BaseException | None = None
        self.monitor = EpisodeMonitor()
        self._node = Node('rollout', context=context)
        self._subscribe(contract)
        self._speed = self._node.create_publisher(Float64, 'speed_scale', LATCHED)
        self.diagnosis = LiveDiagnosis(self._node, contract, healthy) if healthy else None
        if control:
            offer_orders(self._node, control)
        self._clients: dict[str, Client] = {}
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, name='rollout', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown(timeout_sec=10.0)
        self._thread.join(timeout=30.0)
        self._node.destroy_node()

    def now_ns(self) -> int:
        """Return the time of the graph [ns]."""
        return int(self._node.get_clock().now().nanoseconds)

    def wait_until(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        """Wait for a condition, watching the processes.

        Raises:
            GraphError: it did not become true in time; says what was awaited.
            OSError: a callback could not write its video frame.
        """
        deadline = time.monotonic() + timeout_s
        pause = threading.Event()
        while not condition():
            self._check()
            if self._error is not None:
                raise self._error
            if time.monotonic() > deadline:
                raise GraphError(f'waited {timeout_s:g} s for {what}')
            pause.wait(_POLL_S)

    def wait_until_ready(self, timeout_s: float) -> None:
        """Wait until the nodes of an episode are configured and time runs.

        On a robot nothing need be active yet: the first episode activates what moves the arm.

        Raises:
            GraphError: names the node that did not become active, or did not get configured.
        """
        active, inactive = State.PRIMARY_STATE_ACTIVE, State.PRIMARY_STATE_INACTIVE
        allowed, verb = ((active,), 'become active')
        if not self.has_simulator:
            allowed, verb = ((active, inactive), 'be configured')
        for name in ('mujoco_bridge', *_MOTION) if self.has_simulator else _MOTION:
            client = self._client(GetState, f'{name}/get_state')
            self.wait_until(client.service_is_ready, timeout_s, f'node {name} to start')
            self.wait_until(
                lambda name=name: self._state(name) in allowed,
                timeout_s,
                f'node {name} to {verb}',
            )
        self._take_time_of('action_filter')
        self.wait_until(lambda: self.now_ns() > 0, timeout_s, 'simulated time')

    def pause(self) -> None:
        """Stop the policy, let the arm come to rest, silence the filter."""
        for name in reversed(_MOTION):
            if self._state(name) == State.PRIMARY_STATE_ACTIVE:
                self._change(name, Transition.TRANSITION_DEACTIVATE, 'deactivate')

    def resume(self) -> None:
        """Arm the filter at the measured position, then let the policy begin."""
        for name in _MOTION:
            if self._state(name) == State.PRIMARY_STATE_INACTIVE:
                self._change(name, Transition.TRANSITION_ACTIVATE, 'activate')

    def reset_world(self, seed: int) -> dict[str, Any]:
        """Reset the simulator; returns the manifest of the episode."""
        self._set_parameter('mujoco_bridge', 'next_seed', seed)
        response = self._order('mujoco_bridge', Trigger, 'sim/reset', Trigger.Request())
        manifest: dict[str, Any] = json.loads(response.message)
        if manifest['seed'] != seed:
            raise GraphError(f'sim/reset used seed {manifest["seed"]} instead of {seed}')
        return manifest

    def set_speed(self, scale: float) -> None:
        """Limit the filter to a share of the velocity limits, until it is set again."""
        self._speed.publish(Float64(data=scale))

    def start_recording(self) -> None:
        """Have the recorder begin an episode.

        Raises:
            GraphError: it cannot; says why.
        """
        self._record('start')

    def stop_recording(self, episode: Mapping[str, Any]) -> Path:
        """Have the recorder keep the episode with what is known of it; returns its file.

        Raises:
            GraphError: the recording is incomplete; says why.
        """
        self._set_parameter('recorder', 'episode', json.dumps(episode))
        return Path(self._record('stop'))

    def discard_recording(self) -> None:
        """Have the recorder forget the episode.

        Raises:
            GraphError: it cannot; says why.
        """
        self._record('discard')

    def _take_time_of(self, node: str) -> None:
        """Measure latencies by the clock that stamps the chunks: the machine's, or /clock."""
        request = GetParameters.Request(names=['use_sim_time'])
        answer = self._call(GetParameters, f'{node}/get_parameters', request)
        self._node.set_parameters([Parameter('use_sim_time', value=answer.values[0].bool_value)])

    def _record(self, order: str) -> str:
        answer = self._order('recorder', Trigger, f'recorder/{order}', Trigger.Request())
        if not answer.success:
            raise GraphError(f'recorder: {answer.message}')
        return str(answer.message)

    def _set_parameter(self, node: str, name: str, value: object) -> None:
        request = SetParameters.Request()
        request.parameters = [Parameter(name, value=value).to_parameter_msg()]
        self._call(SetParameters, f'{node}/set_parameters', request)

    def _subscribe(self, contract: RobotContract) -> None:
        node, monitor = self._node, self.monitor
        node.create_subscription(
            Bool, 'sim/success', lambda msg: monitor.on_success(msg.data), LATCHED
        )
        node.create_subscription(
            String, 'sim/failure', lambda msg: monitor.on_failure(msg.data), LATCHED
        )
        node.create_subscription(
            JointTrajectory,
            'policy_chunk',
            lambda msg: monitor.on_chunk(self.now_ns() - from_stamp(msg.header.stamp)),
            COMMAND,
        )
        node.create_subscription(
            DiagnosticStatus,
            'action_filter/status',
            lambda msg: monitor.on_counters(
                {v.key: int(v.value) for v in msg.values if v.value.isdecimal()}
            ),
            STATE,
        )
        node.create_subscription(
            Image,
            f'{contract.cameras[0].topic}/image_raw',
            lambda msg: monitor.on_image(image_from_msg(msg)),
            SENSOR,
        )

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return
        except Exception as error:  # noqa: BLE001 - raised again by who waits
            self._error = error

    def _client(self, kind: type[Any], name: str) -> Client:
        if name not in self._clients:
            self._clients[name] = self._node.create_client(kind, name)
        return self._clients[name]

    def _call(self, kind: type[Any], name: str, request: Any) -> Any:
        client = self._client(kind, name)
        self.wait_until(client.service_is_ready, _CALL_S, f'service {name}')
        # Only questions are asked again: an order may have been carried out.
        question = Question(client, request, _AGAIN_S if kind in _QUESTIONS else math.inf)
        self.wait_until(question.is_answered, _CALL_S, f'an answer of service {name}')
        return question.answer

    def _order(self, node: str, kind: type[Any], name: str, request: Any) -> Any:
        """Call, once, what must not be carried out twice.

        A server drops the answer to a client that it has not found yet. It finds the clients of a
        process in the order of their making, so that one answered question means it knows them.
        """
        if name not in self._clients:
            self._client(kind, name)
            self._state(node)
        return self._call(kind, name, request)

    def _state(self, name: str) -> int:
        answer = self._call(GetState, f'{name}/get_state', GetState.Request())
        return int(answer.current_state.id)

    def _change(self, name: str, transition: int, verb: str) -> None:
        request = ChangeState.Request(transition=Transition(id=transition))
        if not self._order(name, ChangeState, f'{name}/change_state', request).success:
            raise GraphError(f'node {name} could not {verb}; its log says why')
