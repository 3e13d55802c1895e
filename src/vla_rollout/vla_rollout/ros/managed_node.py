"""Brings a lifecycle node of another process from whatever state it is in to a wanted one."""

from typing import Any

from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import SetParameters
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.parameter import Parameter
from vla_contract.errors import VlaError

UNCONFIGURED = State.PRIMARY_STATE_UNCONFIGURED
INACTIVE = State.PRIMARY_STATE_INACTIVE
ACTIVE = State.PRIMARY_STATE_ACTIVE
_UP = {
    UNCONFIGURED: (Transition.TRANSITION_CONFIGURE, 'configure'),
    INACTIVE: (Transition.TRANSITION_ACTIVATE, 'activate'),
}
_DOWN = {
    ACTIVE: (Transition.TRANSITION_DEACTIVATE, 'deactivate'),
    INACTIVE: (Transition.TRANSITION_CLEANUP, 'clean up'),
}


class ManagedNode:
    """The other end of a node's lifecycle services, for coroutines of an executor."""

    def __init__(self, owner: Node, name: str) -> None:
        """Prepare to manage the node `name` from the node `owner`."""
        self.name = name
        # Answers must come in while the callback that waits for them is not over.
        group = ReentrantCallbackGroup()
        self._get_state, self._change_state, self._set_parameters = (
            owner.create_client(kind, f'{name}/{service}', callback_group=group)
            for kind, service in (
                (GetState, 'get_state'),
                (ChangeState, 'change_state'),
                (SetParameters, 'set_parameters'),
            )
        )

    async def bring_to(self, goal: int) -> None:
        """Go through the transitions from the node's state to `goal`.

        Raises:
            VlaError: the node does not run, or refuses a transition.
        """
        while (state := await self.state()) != goal:
            step = (_UP if state < goal else _DOWN).get(state)
            if step is None:
                raise VlaError(f'node {self.name} has ended; start it again')
            number, verb = step
            request = ChangeState.Request(transition=Transition(id=number))
            if not (await self._ask(self._change_state, request)).success:
                raise VlaError(f'node {self.name} could not {verb}; its log says why')

    async def deactivate(self) -> None:
        """Make the node cease to act if it acts; one that never began is left as it is.

        Raises:
            VlaError: the node does not run, or refuses.
        """
        if await self.state() == ACTIVE:
            await self.bring_to(INACTIVE)

    async def state(self) -> int:
        """Return the node's primary state.

        Raises:
            VlaError: the node does not run.
        """
        return int((await self._ask(self._get_state, GetState.Request())).current_state.id)

    async def set_parameter(self, name: str, value: object) -> None:
        """Change a parameter.

        Raises:
            VlaError: the node does not run, or refuses the value.
        """
        request = SetParameters.Request()
        request.parameters = [Parameter(name, value=value).to_parameter_msg()]
        result = (await self._ask(self._set_parameters, request)).results[0]
        if not result.successful:
            raise VlaError(f'node {self.name} refused {name}={value}: {result.reason}')

    async def _ask(self, client: Any, request: Any) -> Any:
        if not client.service_is_ready():
            raise VlaError(f'node {self.name} does not run')
        return await client.call_async(request)
