"""The action filter, as a person at a device sees it: who commands, where to, take over."""

from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from vla_contract.errors import ContractError
from vla_contract.filter_status import FilterStatus
from vla_contract.ros.messages.filter_status import status_of
from vla_contract.ros.qos import STATE
from vla_teleop.devices.reading import Press
from vla_teleop.mapping.commanded import CommandedPosition
from vla_teleop.mapping.groups import Commanded
from vla_teleop.permission import refusal


class FilterClient:
    """Listens to the filter and calls its services.

    Attributes:
        problem: why a message could not be read, '' when it could.
    """

    def __init__(
        self,
        node: Node,
        groups: Commanded,
        commanded: CommandedPosition,
        now_ns: Callable[[], int],
        on_news: Callable[[], None],
    ) -> None:
        """Subscribe and make the clients.

        Args:
            node: that listens.
            groups: that the device commands.
            commanded: gets what the filter sends.
            now_ns: time [ns].
            on_news: called when others command than before.
        """
        self.problem = ''
        self._node, self._groups, self._commanded = node, groups, commanded
        self._now_ns, self._on_news = now_ns, on_news
        self._status: FilterStatus | None = None
        self._heard_ns = 0
        node.create_subscription(JointState, 'action_filter/action', self._on_action, STATE)
        node.create_subscription(DiagnosticStatus, 'action_filter/status', self._on_status, STATE)
        self._clients_of = {
            press: [
                node.create_client(Trigger, service) for service in groups.services(press.value)
            ]
            for press in Press
        }

    def refusal(self, now_ns: int) -> str:
        """Return why the device may not lead now, '' when it may."""
        return refusal(self._status, self._heard_ns, self._groups.names, now_ns)

    def give(self, press: Press) -> None:
        """Take over or hand back; what comes of it is logged."""
        for client in self._clients_of[press]:
            if not client.service_is_ready():
                self._node.get_logger().error(f'{client.srv_name}: nobody serves it')
                continue
            client.call_async(Trigger.Request()).add_done_callback(self._on_given)

    def _on_given(self, future: Any) -> None:
        response = future.result()
        if response is None or not response.success:
            self._node.get_logger().error(response.message if response else 'no answer')
        else:
            self._node.get_logger().info(response.message)

    def _on_action(self, msg: JointState) -> None:
        try:
            self._commanded.offer_sent(msg.name, msg.position)
        except ContractError as error:
            self.problem = str(error)
        else:
            self.problem = ''

    def _on_status(self, msg: DiagnosticStatus) -> None:
        before = self._status.human if self._status is not None else ()
        try:
            self._status = status_of(msg)
        except ContractError as error:
            self.problem = str(error)
            return
        self._heard_ns = self._now_ns()
        if self._status.human != before:
            self._on_news()
