"""Hears what the node policy_server says it serves."""

from collections.abc import Awaitable, Callable
import time

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.subscription import Subscription
from rclpy.task import Future
from std_msgs.msg import String
from vla_contract.errors import VlaError
from vla_contract.ros.qos import LATCHED
from vla_policy_server.identity.policy_identity import from_json, PolicyIdentity

_TOPIC = 'policy_server/identity'
_TICK_S = 0.05


class IdentityListener:
    """Listens anew for every release: what comes then is from a server that is there now."""

    def __init__(self, node: Node, on_message: Callable[[str], Awaitable[None]]) -> None:
        """Subscribe.

        Args:
            node: whose executor waits.
            on_message: called with every message.
        """
        self._node, self._on_message = node, on_message
        self._group = ReentrantCallbackGroup()
        self._text = ''
        self._subscription = self._subscribe()

    async def ask(self, within_s: float) -> PolicyIdentity:
        """Return what a configured server says it serves.

        Raises:
            VlaError: it does not say so in time, says nothing, or what it says is damaged.
        """
        self._node.destroy_subscription(self._subscription)
        self._text = ''
        self._subscription = self._subscribe()
        if not await self._is_told(within_s):
            raise VlaError(
                f'policy_server does not say on {_TOPIC} what it serves (waited {within_s:g} s)'
            )
        return from_json(self._text)

    def _subscribe(self) -> Subscription:
        return self._node.create_subscription(
            String, _TOPIC, self._hear, LATCHED, callback_group=self._group
        )

    async def _hear(self, msg: String) -> None:
        self._text = msg.data
        await self._on_message(msg.data)

    async def _is_told(self, within_s: float) -> bool:
        end_s = time.monotonic() + within_s
        told: Future[bool] = Future(executor=self._node.executor)

        def look() -> None:
            if not told.done() and (self._text or time.monotonic() > end_s):
                told.set_result(bool(self._text))

        # By the machine's clock: simulated time may not have begun.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        timer = self._node.create_timer(_TICK_S, look, callback_group=self._group, clock=steady)
        try:
            return bool(await told)
        finally:
            self._node.destroy_timer(timer)
