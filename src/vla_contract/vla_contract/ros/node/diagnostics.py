"""Fill and publish DiagnosticArray; diagnostic_updater does not exist outside a ROS install."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from vla_contract.ros.qos import STATE


class Health(NamedTuple):
    """State of a component: severity, one sentence, and its numbers."""

    level: bytes
    message: str
    values: Mapping[str, object]


OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR


def status_msg(name: str, health: Health) -> DiagnosticStatus:
    """Return a DiagnosticStatus; floats are printed with six significant digits."""
    return DiagnosticStatus(
        level=health.level,
        name=name,
        message=health.message,
        values=[KeyValue(key=key, value=_text(value)) for key, value in health.values.items()],
    )


class DiagnosticsPublisher:
    """Publishes what `check` says on /diagnostics once per second of the node's clock."""

    def __init__(self, node: Node, check: Callable[[], Health]) -> None:
        """Create publisher and timer on a node."""
        self._node = node
        self._check = check
        self._publisher = node.create_publisher(DiagnosticArray, 'diagnostics', STATE)
        node.create_timer(1.0, self.publish)

    def publish(self) -> None:
        """Publish now."""
        msg = DiagnosticArray(status=[status_msg(self._node.get_name(), self._check())])
        msg.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(msg)


def _text(value: object) -> str:
    if value is None:
        return 'unavailable'
    return f'{value:.6g}' if isinstance(value, float) else str(value)
