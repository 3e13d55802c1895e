"""Shows a running graph on a page of this machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
import threading

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError
from vla_contract.ros.listening.any_publisher import subscribe_to_any
from vla_contract.ros.qos import SENSOR
from vla_rollout.recording.ros.recorded_cycles import CycleJoiner
from vla_rollout.recording.ros.recorded_episode import (
    episode_streams,
    ImageEvent,
    InstructionEvent,
)
from vla_rollout.recording.topics import LATCHED_TOPICS
from vla_rollout.web.live_view import LiveView
from vla_rollout.web.server import WebServer

# Every node reports once a second, and all at the same time after a start.
_QOS = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)


class WebMonitor(Node):
    """Passes what the topics say on to a view; decodes them as recordings are decoded."""

    def __init__(self, context: Context, cell: Cell, view: LiveView, has_simulator: bool) -> None:
        """Subscribe; nothing is published."""
        sim_time = Parameter('use_sim_time', value=has_simulator)
        super().__init__('web_monitor', context=context, parameter_overrides=[sim_time])
        self._view = view
        self._joiner = CycleJoiner(cell, view)
        for topic, (kind, decode) in episode_streams(cell, with_images=True).items():
            callback = partial(self._take, decode)
            if topic in LATCHED_TOPICS:
                subscribe_to_any(self, kind, topic, callback)
            else:
                qos = SENSOR if topic.endswith('image_raw') else _QOS
                self.create_subscription(kind, topic, callback, qos)
        self.create_subscription(DiagnosticArray, 'diagnostics', self._on_diagnostics, _QOS)

    def _take(self, decode: Callable[[object], object], msg: object) -> None:
        try:
            payload = decode(msg)
        except ContractError:
            return  # the node that is addressed refuses and reports it
        match payload:
            case ImageEvent(camera, _, image):
                self._view.see_image(camera, image)
            case InstructionEvent(text):
                self._view.instruction = text
            case _:
                self._joiner.take(self.get_clock().now().nanoseconds, payload)

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            if status.level == DiagnosticStatus.OK:
                self._view.clear_alarm(status.name)
            else:
                level = 'warn' if status.level == DiagnosticStatus.WARN else 'error'
                self._view.see_alarm(status.name, level, status.message)


@contextmanager
def web_page(context: Context, cell: Cell, port: int, has_simulator: bool) -> Iterator[str]:
    """Show the graph of a context on a page while the block runs; yields where it is.

    Args:
        context: of rclpy.
        cell: its robot and cameras.
        port: of the page on the loopback address, 0 for any.
        has_simulator: whether a simulator makes time.

    Raises:
        VlaError: the port is taken.
    """
    view = LiveView(cell)
    with WebServer(view, port) as server:
        executor = SingleThreadedExecutor(context=context)
        node = WebMonitor(context, cell, view, has_simulator)
        executor.add_node(node)
        thread = threading.Thread(target=_spin, args=(executor,), name='web_monitor', daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            executor.shutdown(timeout_sec=1.0)
            thread.join(timeout=2.0)
            node.destroy_node()


def _spin(executor: SingleThreadedExecutor) -> None:
    try:
        executor.spin()
    except ExternalShutdownException:
        return
