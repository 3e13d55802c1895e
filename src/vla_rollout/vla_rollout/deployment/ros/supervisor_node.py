"""The node supervisor: no policy moves a real arm before its preflight has passed."""

from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, UTC
from pathlib import Path
import sys
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from std_msgs.msg import Float64, String
from std_srvs.srv import Trigger
from vla_contract.deployment.deployment import load_cell_of
from vla_contract.description.content import description_sha256
from vla_contract.errors import ContractError, VlaError
from vla_contract.ros.messages.filter_status import status_of
from vla_contract.ros.node.diagnostics import DiagnosticsPublisher, ERROR, Health, OK
from vla_contract.ros.node.lifecycle import run_node, VlaNode
from vla_contract.ros.qos import COMMAND, LATCHED, STATE
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_rollout.deployment.config import SupervisorConfig
from vla_rollout.deployment.preflight_watch import PreflightWatch
from vla_rollout.deployment.ros.identity_listener import IdentityListener
from vla_rollout.episodes.latch import latch_sentence
from vla_rollout.episodes.provenance import calibration_ids
from vla_rollout.episodes.served_policy import change_of
from vla_rollout.graph.ros.managed_node import ACTIVE, INACTIVE, ManagedNode, UNCONFIGURED
from vla_rollout.preflight.gate import read_passed, require_same_policy
from vla_rollout.preflight.record import Record
from vla_rollout.preflight.subject import Place

# What stops the arm must not wait for a node that hangs: three of these are the whole of `lock`.
_STOP_S = 1.0
# What is latched comes as soon as two nodes have found each other.
_IDENTITY_S = 20.0
_WATCH_S = 0.5
# Of the second after which the action filter lets the arm stand.
_SPEED_S = 0.2
_TAKE_OVER_S = 1.0


class Supervisor(VlaNode):
    """Owns the order in which filter and policy server come up, the lock of the filter, the speed.

    Three services (std_srvs/Trigger) say how far a policy may go:

    `supervisor/check`: the filter alone is active, slow, and no policy is loaded; for preflight.
    Without one, and when it has ended, the filter is locked again.
    `supervisor/release`: refused unless preflight passed for this cell, its description and
    calibrations, and what the policy server says it serves; then both nodes are ready and the
    filter is unlocked, for rollouts to activate. When the server serves anything else later, it is
    locked again.
    `supervisor/lock`: the arm is brought to rest, both are inactive, the filter refuses to start.
    It does so whatever the policy server does, and whatever another order waits for.

    The parameter `speed` is the share of the velocity limits; nobody else raises it. It is said
    five times a second, and not before the filter was locked once: a supervisor that is started
    again does not know what the one before had permitted. Where it ends, the arm stands still.
    """

    settings_type = SupervisorConfig

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__('supervisor')
        self._locks = 0
        self._latched_by = self._locked_by = ''
        self._released: PolicyIdentity | None = None
        self._preflight = PreflightWatch()
        self._speed: Publisher | None = None
        self._has_taken_over = False
        self.add_post_set_parameters_callback(self._on_parameters)

    def build(self, settings: SupervisorConfig) -> None:
        """Find the cell, and offer the services."""
        self._settings = settings
        self._cell = load_cell_of(settings.deployment, settings.cell)
        # Once: it takes longer than an order may wait, and the filter reads it when it starts.
        self._description = description_sha256(self._cell.robot)
        self._speed = self.create_publisher(Float64, 'speed_scale', LATCHED)
        self._filter = ManagedNode(self, 'action_filter')
        self._policy = ManagedNode(self, 'policy_server')
        self._served = IdentityListener(self, self._on_identity)
        self.create_subscription(DiagnosticStatus, 'action_filter/status', self._on_status, STATE)
        self.create_subscription(String, 'watch', self._on_watch, COMMAND)
        # By the machine's clock: a person checks the robot in real time.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        for period_s, work, group in (
            (_WATCH_S, self._look, ReentrantCallbackGroup()),
            (_SPEED_S, self._say_speed, ReentrantCallbackGroup()),
            (_TAKE_OVER_S, self._take_over, MutuallyExclusiveCallbackGroup()),
        ):
            self.create_timer(period_s, work, callback_group=group, clock=steady)
        self._diagnostics = DiagnosticsPublisher(self, self._health)
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
        """Begin slow, with a filter that is to be locked."""
        self._has_taken_over = False
        self._slow_down()

    def destroy(self) -> None:
        """Publish no speed any more, and wait for nobody."""
        self._speed = None
        self._released = None
        self._preflight.end()

    async def _check(self) -> str:
        locks = self._locks
        self._released = None
        await self._taken_over()
        await self._policy.bring_to(UNCONFIGURED)
        self._slow_down()
        self._preflight.begin(time.monotonic())
        await self._unlock(locks)
        await self._filter.bring_to(ACTIVE)
        return 'the filter is active, no policy is loaded: run preflight'

    async def _release(self) -> str:
        locks = self._locks
        self._released = None
        try:
            passed = self._read_passed()
        except VlaError:
            # Whatever was allowed before, it is not any more.
            await _problem(self._filter.set_parameter('locked', True, _STOP_S))
            raise
        self._preflight.end()
        await self._taken_over()
        # Until it is known what the policy server serves; whatever fails leaves it so.
        await self._filter.set_parameter('locked', True)
        await self._policy.bring_to(INACTIVE)
        # From here on another one locks, and nothing is unlocked below.
        self._released = await self._identified(passed)
        self._slow_down()
        await self._filter.bring_to(INACTIVE)
        await self._unlock(locks)
        remark = f'; {latch_sentence(self._latched_by)}' if self._latched_by else ''
        return f'preflight has passed: the filter may be activated{remark}'

    def _read_passed(self) -> Record:
        path = Path(self._settings.preflight)
        place = Place(self._cell.sha256, calibration_ids(self._cell), self._description)
        return read_passed(path, place, datetime.now(UTC))

    async def _identified(self, passed: Record) -> PolicyIdentity:
        """Return what the policy server serves; if it may not, nothing is loaded any more."""
        try:
            served = await self._served.ask(_IDENTITY_S)
            require_same_policy(passed, served)
        except VlaError:
            await self._policy.bring_to(UNCONFIGURED)
            raise
        return served

    async def _lock(self) -> str:
        self._locks += 1
        self._released = None
        self._preflight.end()
        problems = await self._lock_filter()
        self._slow_down()
        remark = await _problem(self._policy.deactivate(_STOP_S))
        if problems:
            raise VlaError(f'{problems[0]}; use the emergency stop of the robot')
        return 'the arm stands and the filter is locked' + (f'; {remark}' if remark else '')

    async def _lock_filter(self) -> list[str]:
        """Lock the filter and bring the arm to rest; return what could not be done."""
        # Locked first: whatever comes between, nobody activates it again.
        steps = (
            self._filter.set_parameter('locked', True, _STOP_S),
            self._filter.deactivate(_STOP_S),
        )
        return [problem for step in steps if (problem := await _problem(step))]

    async def _take_over(self) -> None:
        """Lock what a supervisor before this one left unlocked; then begin to say the speed."""
        if self.is_active and not self._has_taken_over and not await self._lock_filter():
            self._has_taken_over = True
            self._say_speed()

    async def _taken_over(self) -> None:
        """Wait until the filter was found and locked.

        Raises:
            VlaError: it does not run, or does not answer.
        """
        while not self._has_taken_over:
            await self._filter.state()

    async def _unlock(self, locks: int) -> None:
        """Unlock the filter for an order that began when `lock` had been called so many times."""
        if self._locks != locks:
            raise VlaError('supervisor/lock was called meanwhile: the filter stays locked')
        await self._filter.set_parameter('locked', False)
        self._locked_by = ''

    def _slow_down(self) -> None:
        self.set_parameters([Parameter('speed', value=self._settings.first_speed)])

    def _on_parameters(self, parameters: list[Parameter]) -> None:
        if any(parameter.name == 'speed' for parameter in parameters):
            self._say_speed()

    def _say_speed(self) -> None:
        if self._speed is not None and self._has_taken_over:
            self._speed.publish(Float64(data=self.get_parameter('speed').value))

    async def _lock_because(self, reason: str) -> None:
        """Lock by ourselves, and say why."""
        self._locked_by = reason
        self.get_logger().error(f'the filter is locked: {reason}')
        if problem := await _problem(self._lock()):
            self._locked_by = f'{reason}; {problem}'
            self.get_logger().error(problem)

    async def _on_identity(self, text: str) -> None:
        if self._released is not None and (change := change_of(self._released, text)):
            await self._lock_because(f'{change}; call supervisor/release again')

    def _on_watch(self, msg: String) -> None:
        self._preflight.hear(time.monotonic())

    async def _look(self) -> None:
        if reason := self._preflight.reason(time.monotonic()):
            await self._lock_because(reason)

    def _health(self) -> Health:
        values = {
            'speed': self.get_parameter('speed').value,
            'released_policy_sha256': self._released.sha256 if self._released else '',
            'latched_by': self._latched_by,
            'preflight_is_heard': self._preflight.is_heard,
        }
        if self._locked_by:
            return Health(ERROR, f'locked: {self._locked_by}', values)
        return Health(OK, 'released' if self._released else 'nothing is released', values)

    def _on_status(self, msg: DiagnosticStatus) -> None:
        try:
            status = status_of(msg)
        except ContractError as error:
            self.get_logger().error(str(error), throttle_duration_sec=5.0)
            return
        # A latch outlasts the time in which the filter is inactive.
        if status.verdict is not None:
            self._latched_by = status.latch_cause


async def _problem(step: Coroutine[Any, Any, Any]) -> str:
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
