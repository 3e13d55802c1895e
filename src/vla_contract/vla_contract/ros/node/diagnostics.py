"""Fill and publish DiagnosticArray; diagnostic_updater does not exist outside a ROS install."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
import threading
from typing import NamedTuple

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from vla_contract.ros.qos import STATE


class Health(NamedTuple):
    """State of a component: severity, one sentence, and its numbers."""

    level: bytes
    message: str
    values: Mapping[str, object]


_PERIOD_S = 1.0
OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR
LOADING_S = 'loading_s'
"""Key of how long a policy has been loading, there only while it does."""


def loading(since_s: float) -> Health:
    """Return the health of a node that has been loading its policy for a time [s]."""
    return Health(WARN, f'policy loading, {since_s:.0f} s', {LOADING_S: since_s})


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
        node.create_timer(_PERIOD_S, self.publish)

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Publish once per second from a thread, while something keeps the executor busy.

        `check` must not touch what the executor's thread changes meanwhile.
        """
        is_over = threading.Event()

        def publish_until_over() -> None:
            while not is_over.wait(_PERIOD_S):
                self.publish()

        thread = threading.Thread(target=publish_until_over, name='diagnostics', daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def publish(self) -> None:
        """Publish now."""
        msg = DiagnosticArray(status=[status_msg(self._node.get_name(), self._check())])
        msg.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(msg)


def _text(value: object) -> str:
    if value is None:
        return 'unavailable'
    return f'{value:.6g}' if isinstance(value, float) else str(value)
