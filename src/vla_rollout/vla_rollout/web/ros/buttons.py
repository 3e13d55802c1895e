"""What buttons of the page do on the graph: the emergency stop, and the reset of the filter."""

import threading

from rclpy.node import Node
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
from vla_contract.errors import VlaError
from vla_contract.ros.qos import LATCHED
from vla_rollout.graph.ros.motion import FILTER

_PATIENCE_S = 5.0


class EStopButton:
    """Presses e_stop as a publisher of its own; others are released by whoever pressed them.

    Nothing is published before the first press: a new publisher that says false would lift a stop
    that somebody left pressed.
    """

    def __init__(self, node: Node) -> None:
        """Be found by the filter before the button is needed."""
        self._publisher = node.create_publisher(Bool, 'e_stop', LATCHED)
        self._lock = threading.Lock()
        self._is_pressed = False

    @property
    def is_pressed(self) -> bool:
        """Whether it is pressed from here."""
        return self._is_pressed

    def press(self) -> None:
        """Stop the arm, also when it was pressed before."""
        with self._lock:
            self._is_pressed = True
            self._publisher.publish(Bool(data=True))

    def release(self) -> None:
        """Let go of what was pressed here; the filter stays latched until it is reset."""
        with self._lock:
            if self._is_pressed:
                self._publisher.publish(Bool(data=False))
            self._is_pressed = False


class FilterReset:
    """Calls `action_filter/reset` from any thread while an executor serves the node."""

    def __init__(self, node: Node) -> None:
        """Be found by the filter: it drops the answer to a client that it does not know yet."""
        self._client = node.create_client(Trigger, f'{FILTER}/reset')

    def __call__(self) -> str:
        """Have a latched filter let go; the arm does not move by it.

        Returns:
            What the filter says.

        Raises:
            VlaError: it refuses or does not answer.
        """
        if not self._client.service_is_ready():
            raise VlaError(f'{FILTER}/reset: found no such service; is the action filter there?')
        future, answered = self._client.call_async(Trigger.Request()), threading.Event()
        future.add_done_callback(lambda _: answered.set())
        if not answered.wait(_PATIENCE_S):
            self._client.remove_pending_request(future)
            raise VlaError(f'{FILTER}/reset: found no answer within {_PATIENCE_S:g} s')
        answer = future.result()
        if not answer.success:
            raise VlaError(str(answer.message))
        return str(answer.message)
