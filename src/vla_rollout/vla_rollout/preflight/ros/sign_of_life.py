"""Tells the supervisor that preflight goes on, and has the filter locked when it did not pass."""

from collections.abc import Callable, Sequence
import time
from types import TracebackType

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import get_default_context
from std_msgs.msg import String
from std_srvs.srv import Trigger
from vla_contract.ros.node.node_thread import NodeThread
from vla_contract.ros.qos import COMMAND
from vla_contract.ros.question import introduction, Question

# Of the five seconds after which the supervisor locks; loading a policy makes a process late.
_PERIOD_S = 0.5
_QUIET_S = 1.0
# A node of the same graph is found within this after the command began, on a loaded machine too;
# `supervisor/lock` takes up to three seconds to answer.
_FIND_S, _ANSWER_S = 15.0, 10.0
_POLL_S = 0.02
_LOCK = 'supervisor/lock'


class SignOfLife:
    """Publishes on `watch` as long as the process lives; a context manager around rclpy.

    Its messages are empty, which tells the filter that there is nothing to watch, and it is
    silent while somebody watches a motion: whoever sways a joint has a heartbeat with a name.
    """

    def __init__(self, ros_arguments: Sequence[str]) -> None:
        """Prepare; `ros_arguments` are those of the command."""
        self._arguments = list(ros_arguments)

    def __enter__(self) -> 'SignOfLife':
        # The command itself decides what a signal ends: there is a filter to lock.
        rclpy.init(args=self._arguments, signal_handler_options=SignalHandlerOptions.NO)
        self._thread = NodeThread('preflight_watch', get_default_context())
        node = self._thread.node
        self._watched_s = -_QUIET_S
        self._publisher = node.create_publisher(String, 'watch', COMMAND)
        node.create_subscription(String, 'watch', self._hear, COMMAND)
        self._lock = node.create_client(Trigger, _LOCK)
        node.create_timer(_PERIOD_S, self._beat, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._thread.start()
        self._begun_s = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self._thread.close()
        rclpy.try_shutdown()

    def lock(self) -> str:
        """Have the supervisor lock the filter; returns what came of it, '' without supervisor."""
        left_s = self._begun_s + _FIND_S - time.monotonic()
        if not self._is_true_within(left_s, self._lock.service_is_ready):
            return ''
        order = Question(self._lock, Trigger.Request())
        for question in (introduction(self._thread.node, 'supervisor'), order):
            if not self._is_true_within(_ANSWER_S, question.is_answered):
                return f'{_LOCK} does not answer: use the emergency stop of the robot'
        return f'{_LOCK}: {order.answer.message}'

    def _is_true_within(self, within_s: float, condition: Callable[[], bool]) -> bool:
        end_s = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > end_s:
                return False
            time.sleep(_POLL_S)
        return True

    def _hear(self, msg: String) -> None:
        if msg.data:
            self._watched_s = time.monotonic()

    def _beat(self) -> None:
        if time.monotonic() - self._watched_s > _QUIET_S:
            self._publisher.publish(String())
