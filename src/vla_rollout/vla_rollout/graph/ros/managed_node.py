"""Brings a lifecycle node of another process from whatever state it is in to a wanted one."""

import math
import time
from typing import Any

from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import SetParameters
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.client import Client
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future
from vla_contract.errors import VlaError

UNCONFIGURED = State.PRIMARY_STATE_UNCONFIGURED
INACTIVE = State.PRIMARY_STATE_INACTIVE
ACTIVE = State.PRIMARY_STATE_ACTIVE
START_S = 5.0
"""How long a node may be missing before it counts as not running [s]."""
# Loading a large policy keeps its node from answering, and takes minutes itself.
_ANSWER_S, _TRANSITION_S = 60.0, 600.0
_TICK_S, _AGAIN_S = 0.05, 3.0
_UP = {
    UNCONFIGURED: (Transition.TRANSITION_CONFIGURE, 'configure'),
    INACTIVE: (Transition.TRANSITION_ACTIVATE, 'activate'),
}
_DOWN = {
    ACTIVE: (Transition.TRANSITION_DEACTIVATE, 'deactivate'),
    INACTIVE: (Transition.TRANSITION_CLEANUP, 'clean up'),
}


class ManagedNode:
    """The other end of a node's lifecycle services, for coroutines of an executor.

    Everything has a deadline: a node that hangs must not keep who manages it from the others.
    """

    def __init__(self, owner: Node, name: str) -> None:
        """Prepare to manage the node `name` from the node `owner`."""
        self.name, self.owner = name, owner
        # Answers must come in while the callback that waits for them is not over.
        self.group = group = ReentrantCallbackGroup()
        self._get_state, self._change_state, self._set_parameters = (
            owner.create_client(kind, f'{name}/{service}', callback_group=group)
            for kind, service in (
                (GetState, 'get_state'),
                (ChangeState, 'change_state'),
                (SetParameters, 'set_parameters'),
            )
        )

    async def bring_to(self, goal: int, within_s: float = _TRANSITION_S) -> None:
        """Go through the transitions from the node's state to `goal`.

        Args:
            goal: primary state.
            within_s: deadline of each transition, and of each question if that is shorter [s].

        Raises:
            VlaError: the node does not run, does not answer in time, or refuses a transition.
        """
        while (state := await self.state(within_s)) != goal:
            step = (_UP if state < goal else _DOWN).get(state)
            if step is None:
                raise VlaError(f'node {self.name} has ended; start it again')
            number, verb = step
            request = ChangeState.Request(transition=Transition(id=number))
            if not (await self._order(self._change_state, request, within_s)).success:
                raise VlaError(f'node {self.name} could not {verb}; its log says why')

    async def deactivate(self, within_s: float) -> None:
        """Make the node cease to act if it acts; one that never began is left as it is.

        Args:
            within_s: deadline of the question for its state, and of the order [s].

        Raises:
            VlaError: the node does not run, does not answer in time, or refuses.
        """
        if await self.state(within_s) == ACTIVE:
            await self.bring_to(INACTIVE, within_s)

    async def state(self, within_s: float = _ANSWER_S) -> int:
        """Return the node's primary state.

        Raises:
            VlaError: the node does not run, or does not answer in time.
        """
        within_s = min(within_s, _ANSWER_S)
        answer = await self._ask(self._get_state, GetState.Request(), within_s)
        return int(answer.current_state.id)

    async def set_parameter(self, name: str, value: object, within_s: float = _ANSWER_S) -> None:
        """Change a parameter.

        Raises:
            VlaError: the node does not run, does not answer in time, or refuses the value.
        """
        request = SetParameters.Request()
        request.parameters = [Parameter(name, value=value).to_parameter_msg()]
        result = (await self._ask(self._set_parameters, request, within_s)).results[0]
        if not result.successful:
            raise VlaError(f'node {self.name} refused {name}={value}: {result.reason}')

    async def _ask(self, client: Client, request: Any, within_s: float = _ANSWER_S) -> Any:
        """Ask again and again: a server that has not yet found who asks drops its answer.

        Where one service of a node has answered, the clients made before it are known there too:
        a transition is ordered after the node's state was asked, and only once.
        """
        return await _Call(self, client, request, within_s, is_repeated=True).answer

    async def _order(self, client: Client, request: Any, within_s: float = _TRANSITION_S) -> Any:
        return await _Call(self, client, request, within_s, is_repeated=False).answer


class _Call:
    """One request, its repetitions, and the answer that comes or the reason why none will."""

    def __init__(
        self,
        managed: ManagedNode,
        client: Client,
        request: Any,
        within_s: float,
        is_repeated: bool,
    ) -> None:
        """Send the request as soon as the service is there."""
        self.answer: Future[Any] = Future(executor=managed.owner.executor)
        self._managed, self._client, self._request = managed, client, request
        self._is_repeated = is_repeated
        self._within_s = within_s
        self._began_s = self._here_s = time.monotonic()
        self._asked_s: float | None = None
        # By the machine's clock: simulated time may not have begun.
        self._timer = managed.owner.create_timer(
            _TICK_S,
            self._tick,
            callback_group=managed.group,
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )
        self._tick()

    def _tick(self) -> None:
        if self.answer.done():
            return
        now_s = time.monotonic()
        is_here = self._client.service_is_ready()
        if is_here:
            self._here_s = now_s
            again_s = min(_AGAIN_S, self._within_s / 3.0) if self._is_repeated else math.inf
            if self._asked_s is None or now_s - self._asked_s > again_s:
                self._send()
        is_late = now_s - self._began_s > self._within_s
        if now_s - self._here_s > START_S or (is_late and not is_here):
            self._end(error=VlaError(f'node {self._managed.name} does not run'))
        elif is_late:
            found = f'node {self._managed.name} did not answer within {self._within_s:g} s'
            self._end(error=VlaError(found))

    def _send(self) -> None:
        self._asked_s = time.monotonic()
        self._client.call_async(self._request).add_done_callback(
            lambda future: self._end(future.result())
        )

    def _end(self, result: Any = None, error: VlaError | None = None) -> None:
        if self.answer.done():
            return
        self._managed.owner.destroy_timer(self._timer)
        if error is not None:
            self.answer.set_exception(error)
        else:
            self.answer.set_result(result)
