"""The node supervisor: no policy moves a real arm before its preflight has passed."""

from collections.abc import Awaitable, Callable
from datetime import datetime, UTC
from pathlib import Path
import sys
from typing import Any

from std_msgs.msg import Float64
from std_srvs.srv import Trigger
from vla_contract.contract import load_contract
from vla_contract.errors import VlaError
from vla_contract.ros.lifecycle import run_node, VlaNode
from vla_contract.ros.qos import LATCHED
from vla_rollout.preflight.gate import require_passed
from vla_rollout.provenance import policy_sha256
from vla_rollout.ros.managed_node import ACTIVE, INACTIVE, ManagedNode, UNCONFIGURED
from vla_rollout.supervisor_config import SupervisorConfig


class Supervisor(VlaNode):
    """Owns the order in which filter and policy server come up, and the lock of the filter.

    Three services (std_srvs/Trigger) say how far the deployment may go:

    `supervisor/check`: the filter alone is active, slow, and no policy is loaded; for preflight.
    `supervisor/release`: refused unless preflight passed for this robot and this checkpoint; then
    both nodes are ready and the filter is unlocked, for rollouts to activate.
    `supervisor/lock`: the arm is brought to rest, both are inactive, the filter refuses to start.
    """

    settings_type = SupervisorConfig

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__('supervisor')

    def build(self, settings: SupervisorConfig) -> None:
        """Find the robot and the checkpoint, and offer the services."""
        self._settings = settings
        self._contract = load_contract(settings.robot)
        self._speed = self.create_publisher(Float64, 'speed_scale', LATCHED)
        self._filter = ManagedNode(self, 'action_filter')
        self._policy = ManagedNode(self, 'policy_server')
        orders = {'check': self._check, 'release': self._release, 'lock': self._lock}
        for name, order in orders.items():
            self.create_service(Trigger, f'supervisor/{name}', _answering(order))

    def start(self) -> None:
        """Say how fast the arm may be until somebody with a reason says otherwise."""
        self._slow_down()

    async def _check(self) -> str:
        await self._policy.bring_to(UNCONFIGURED)
        self._slow_down()
        await self._filter.set_parameter('locked', False)
        await self._filter.bring_to(ACTIVE)
        return 'the filter is active, no policy is loaded: run preflight'

    async def _release(self) -> str:
        hashes = self._contract.sha256, policy_sha256(self._settings.policy_path)
        require_passed(Path(self._settings.preflight), *hashes, datetime.now(UTC))
        await self._policy.bring_to(INACTIVE)
        self._slow_down()
        await self._filter.bring_to(INACTIVE)
        await self._filter.set_parameter('locked', False)
        return 'preflight has passed: the filter may be activated'

    async def _lock(self) -> str:
        # Locked first: whatever comes between, nobody activates it again.
        await self._filter.set_parameter('locked', True)
        await self._policy.deactivate()
        await self._filter.deactivate()
        self._slow_down()
        return 'the arm stands and the filter is locked'

    def _slow_down(self) -> None:
        self._speed.publish(Float64(data=self._settings.first_speed))


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
