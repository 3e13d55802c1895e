"""Services of the graph's nodes, called from plain synchronous code with a deadline each."""

from collections.abc import Callable
import math
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.parameter import Parameter
from vla_contract.errors import VlaError
from vla_contract.ros.question import Question

CALL_S = 60.0
"""Loading a large policy keeps its node from answering for so long [s]."""
_AGAIN_S = 3.0
# The same answer however often they are asked.
_QUESTIONS = (GetParameters, GetState, SetParameters)

Wait = Callable[[Callable[[], bool], float, str], None]


class GraphError(VlaError):
    """A node of the graph did not answer, or refused."""


class NoAnswerError(GraphError):
    """What was awaited did not come in time."""

    def __init__(self, timeout_s: float, what: str) -> None:
        super().__init__(f'waited {timeout_s:g} s for {what}')
        self.timeout_s, self.what = timeout_s, what

    def __reduce__(self) -> tuple[type, tuple[float, str]]:
        return type(self), (self.timeout_s, self.what)


class NodeCalls:
    """Calls services of other nodes and waits for their answers."""

    def __init__(self, node: Node, wait_until: Wait) -> None:
        """Prepare to call.

        Args:
            node: makes the clients; an executor in another thread serves it.
            wait_until: waits for a condition for so many seconds, or raises NoAnswerError
                saying what was awaited.
        """
        self._node, self._wait_until = node, wait_until
        self._clients: dict[str, Client] = {}

    def wait_for_node(self, name: str, timeout_s: float) -> None:
        """Wait until a lifecycle node can be asked for its state, and given orders."""
        self._client(ChangeState, f'{name}/change_state')
        client = self._client(GetState, f'{name}/get_state')
        self._wait_until(client.service_is_ready, timeout_s, f'node {name} to start')

    def has_service(self, kind: type[Any], name: str) -> bool:
        """Return whether somebody offers a service now."""
        return self._client(kind, name).service_is_ready()

    def state(self, name: str, within_s: float = CALL_S) -> int:
        """Return the primary state of a lifecycle node."""
        answer = self.call(GetState, f'{name}/get_state', GetState.Request(), within_s)
        return int(answer.current_state.id)

    def change(self, name: str, transition: int, verb: str, within_s: float = CALL_S) -> None:
        """Have a lifecycle node whose state was asked before make a transition.

        Raises:
            GraphError: it does not answer, or refuses.
        """
        request = ChangeState.Request(transition=Transition(id=transition))
        if not self.call(ChangeState, f'{name}/change_state', request, within_s).success:
            raise GraphError(f'node {name} could not {verb}; its log says why')

    def get_parameter(self, node: str, name: str) -> Any:
        """Return the ParameterValue of a parameter."""
        request = GetParameters.Request(names=[name])
        return self.call(GetParameters, f'{node}/get_parameters', request).values[0]

    def set_parameter(self, node: str, name: str, value: object, within_s: float = CALL_S) -> None:
        """Change a parameter.

        Raises:
            GraphError: the node does not answer, or refuses the value.
        """
        request = SetParameters.Request()
        request.parameters = [Parameter(name, value=value).to_parameter_msg()]
        answer = self.call(SetParameters, f'{node}/set_parameters', request, within_s)
        result = answer.results[0]
        if not result.successful:
            raise GraphError(f'node {node} refused {name}={value}: {result.reason}')

    def order(
        self, node: str, kind: type[Any], name: str, request: Any, within_s: float = CALL_S
    ) -> Any:
        """Call, once, what must not be carried out twice.

        A server drops the answer to a client that it has not found yet. It finds the clients of a
        process in the order of their making, so that one answered question means it knows them.
        """
        if name not in self._clients:
            self._client(kind, name)
            self.state(node, within_s)
        return self.call(kind, name, request, within_s)

    def call(self, kind: type[Any], name: str, request: Any, within_s: float = CALL_S) -> Any:
        """Call a service; only questions are asked again: an order may have been carried out."""
        client = self._client(kind, name)
        self._wait_until(client.service_is_ready, within_s, f'service {name}')
        again_s = min(_AGAIN_S, within_s / 3.0) if kind in _QUESTIONS else math.inf
        question = Question(client, request, again_s)
        self._wait_until(question.is_answered, within_s, f'an answer of service {name}')
        return question.answer

    def _client(self, kind: type[Any], name: str) -> Client:
        if name not in self._clients:
            self._clients[name] = self._node.create_client(kind, name)
        return self._clients[name]
