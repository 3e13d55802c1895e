"""What a test does in the place of a person beside a robot: calls services, presses, looks."""

from collections.abc import Callable
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.srv import GetState
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger
from support.waiting import wait_for
from trajectory_msgs.msg import JointTrajectory
from vla_contract.ros.qos import LATCHED, STATE
from vla_contract.ros.question import introduction, Question


class OperatorDesk:
    """A node of its own, with a thread that listens."""

    def __init__(self, domain_id: int) -> None:
        """Join a domain."""
        self._context = rclpy.Context()
        rclpy.init(
            context=self._context,
            domain_id=domain_id,
            signal_handler_options=SignalHandlerOptions.NO,
        )
        self.node = self._node = node = rclpy.create_node('operator_desk', context=self._context)
        self._e_stop = node.create_publisher(Bool, 'e_stop', LATCHED)
        self.status = ''
        self.action: np.ndarray | None = None
        self._told_at = 0.0
        node.create_subscription(
            DiagnosticStatus,
            'action_filter/status',
            lambda msg: setattr(self, 'status', msg.message),
            STATE,
        )
        node.create_subscription(
            JointState,
            'action_filter/action',
            self._on_action,
            STATE,
        )
        self._clients: dict[str, Any] = {}
        self._chunks = 0
        node.create_subscription(JointTrajectory, 'policy_chunk', self._on_chunk, STATE)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._executor.shutdown()
        self._thread.join()
        self._node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def call(self, service: str, value: bool | None = None) -> tuple[bool, str]:
        """Call a service of std_srvs: SetBool with a value, Trigger without."""
        kind: Any = Trigger if value is None else SetBool
        if service not in self._clients:
            self._clients[service] = self._node.create_client(kind, service)
            node = service.rpartition('/')[0]
            wait_for(introduction(self._node, node).is_answered, 300.0, f'node {node} to answer')
        client = self._clients[service]
        wait_for(client.service_is_ready, 300.0, f'service {service}')
        request = kind.Request() if value is None else kind.Request(data=value)
        future = client.call_async(request)
        wait_for(future.done, 300.0, f'an answer of {service}')
        return future.result().success, future.result().message

    def press_e_stop(self, is_pressed: bool) -> None:
        self._e_stop.publish(Bool(data=is_pressed))

    def wait_for_status(self, text: str) -> None:
        wait_for(lambda: text in self.status, 300.0, f'status {text!r}, last {self.status!r}')

    def wait_for_motion(self, distance: float) -> None:
        """Wait until some joint was told to go so far from where it is told to be now [rad]."""
        self.action = None
        wait_for(lambda: self.action is not None, 300.0, 'a command')
        start = self.action
        wait_for(lambda: np.abs(self.action - start).max() > distance, 300.0, 'motion')

    def settled_action(self) -> np.ndarray:
        """Return the last command once none has come for half a second [rad or m].

        Without one since the last call it is the command of then.
        """
        begin = time.monotonic()
        wait_for(
            lambda: time.monotonic() - max(begin, self._told_at) > 0.5 and self.action is not None,
            300.0,
            'standstill',
        )
        return self.action

    def hears_chunks(self, count: int) -> Callable[[], bool]:
        """Return a condition: so many more chunks have come."""
        wanted = self._chunks + count
        return lambda: self._chunks >= wanted

    def node_names(self) -> set[str]:
        return set(self._node.get_node_names())

    def publishers(self, topic: str) -> list[Any]:
        return self._node.get_publishers_info_by_topic(topic)

    def state(self, node: str) -> int:
        """Return the state of a lifecycle node's machine."""
        client = self._node.create_client(GetState, f'{node}/get_state')
        wait_for(client.service_is_ready, 300.0, f'node {node}')
        question = Question(client, GetState.Request(), again_s=2.0)
        wait_for(question.is_answered, 300.0, f'the state of {node}')
        return int(question.answer.current_state.id)

    def _on_action(self, msg: JointState) -> None:
        self.action = np.array(msg.position)
        self._told_at = time.monotonic()

    def _on_chunk(self, msg: JointTrajectory) -> None:
        self._chunks += 1
