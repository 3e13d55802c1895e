"""The node supervisor: no policy moves a real arm before its preflight has passed."""

from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, UTC
from pathlib import Path
import sys
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from std_msgs.msg import Float64
from std_srvs.srv import Trigger
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import VlaError
from vla_contract.ros.node.lifecycle import run_node, VlaNode
from vla_contract.ros.qos import LATCHED, STATE
from vla_rollout.deployment.config import SupervisorConfig
from vla_rollout.episodes.latch import latch_cause, latch_sentence
from vla_rollout.episodes.provenance import policy_sha256
from vla_rollout.graph.ros.managed_node import ACTIVE, INACTIVE, ManagedNode, UNCONFIGURED
from vla_rollout.preflight.gate import require_passed

# What stops the arm must not wait for a node that hangs: three of these are the whole of `lock`.
_STOP_S = 1.0


class Supervisor(VlaNode):
    """Owns the order in which filter and policy server come up, the lock of the filter, the speed.

    Three services (std_srvs/Trigger) say how far a policy may go:

    `supervisor/check`: the filter alone is active, slow, and no policy is loaded; for preflight.
    `supervisor/release`: refused unless preflight passed for this cell and this checkpoint; then
    both nodes are ready and the filter is unlocked, for rollouts to activate.
    `supervisor/lock`: the arm is brought to rest, both are inactive, the filter refuses to start.
    It does so whatever the policy server does, and whatever another order waits for.

    The parameter `speed` is the share of the velocity limits; nobody else publishes it.
    """

    settings_type = SupervisorConfig

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__('supervisor')
        self._locks = 0
        self._latched_by = ''
        self._speed: Publisher | None = None
        self.add_post_set_parameters_callback(self._on_parameters)

    def build(self, settings: SupervisorConfig) -> None:
        """Find the cell and the policy, and offer the services."""
        self._settings = settings
        self._deployment = load_deployment(
            settings.deployment, cell=settings.cell, policy=settings.policy_path
        )
        self._speed = self.create_publisher(Float64, 'speed_scale', LATCHED)
        self._filter = ManagedNode(self, 'action_filter')
        self._policy = ManagedNode(self, 'policy_server')
        self.create_subscription(DiagnosticStatus, 'action_filter/status', self._on_status, STATE)
        orders = {'check': self._check, 'release': self._release, 'lock': self._lock}
        for name, order in orders.items():
            # A group for each: no order waits until another has ended.
            self.create_service(
                Trigger,
                f'supervisor/{name}',
                _answering(order),
                callback_group=MutuallyExclusiveCallbackGroup(),
            )

    def start(self) -> None:
        """Say how fast the arm may be until somebody with a reason says otherwise."""
        self._slow_down()

    def destroy(self) -> None:
        """Publish no speed any more."""
        self._speed = None

    async def _check(self) -> str:
        locks = self._locks
        await self._policy.bring_to(UNCONFIGURED)
        self._slow_down()
        await self._unlock(locks)
        await self._filter.bring_to(ACTIVE)
        return 'the filter is active, no policy is loaded: run preflight'

    async def _release(self) -> str:
        locks = self._locks
        cell, policy = self._deployment.cell, self._deployment.policy
        hashes = cell.sha256, policy_sha256(policy.source)
        require_passed(Path(self._settings.preflight), *hashes, datetime.now(UTC))
        await self._policy.bring_to(INACTIVE)
        self._slow_down()
        await self._filter.bring_to(INACTIVE)
        await self._unlock(locks)
        remark = f'; {latch_sentence(self._latched_by)}' if self._latched_by else ''
        return f'preflight has passed: the filter may be activated{remark}'

    async def _lock(self) -> str:
        self._locks += 1
        # Locked first: whatever comes between, nobody activates it again.
        steps = (
            self._filter.set_parameter('locked', True, _STOP_S),
            self._filter.deactivate(_STOP_S),
        )
        problems = [problem for step in steps if (problem := await _problem(step))]
        self._slow_down()
        remark = await _problem(self._policy.deactivate(_STOP_S))
        if problems:
            raise VlaError(f'{problems[0]}; use the emergency stop of the robot')
        return 'the arm stands and the filter is locked' + (f'; {remark}' if remark else '')

    async def _unlock(self, locks: int) -> None:
        """Unlock the filter for an order that began when `lock` had been called so many times."""
        if self._locks != locks:
            raise VlaError('supervisor/lock was called meanwhile: the filter stays locked')
        await self._filter.set_parameter('locked', False)

    def _slow_down(self) -> None:
        self.set_parameters([Parameter('speed', value=self._settings.first_speed)])

    def _on_parameters(self, parameters: list[Parameter]) -> None:
        for parameter in parameters:
            if parameter.name == 'speed' and self._speed is not None:
                self._speed.publish(Float64(data=parameter.value))

    def _on_status(self, msg: DiagnosticStatus) -> None:
        # A latch outlasts the time in which the filter is inactive.
        if msg.message != 'inactive':
            self._latched_by = latch_cause(msg.message)


async def _problem(step: Coroutine[Any, Any, None]) -> str:
    """Return why a step failed, '' when it did not."""
    try:
        await step
    except VlaError as error:
        return str(error)
    return ''


def _answering(order: Callable[[], Awaitable[str]]) -> Callable[[Any, Any], Awaitable[Any]]:
    """Return a service callback that says what an order says, or why it cannot be carried out."""

    async def answer(request: Any, response: Any) -> Any:
        try:
            response.message = await order()
            response.success = True
        except VlaError as error:
            response.success, response.message = False, str(error)
        return response

    return answer


def main() -> int:
    """Run the node."""
    return run_node(Supervisor)


if __name__ == '__main__':
    sys.exit(main())
