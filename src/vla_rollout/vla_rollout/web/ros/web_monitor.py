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
from vla_contract.recordings.events import ImageEvent, InstructionEvent
from vla_contract.ros.listening.any_publisher import subscribe_to_any
from vla_contract.ros.messages.live_streams import live_streams
from vla_contract.ros.qos import SENSOR
from vla_rollout.recording.cycles import CYCLE_TOPICS, CycleJoiner
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
        self._joiner = CycleJoiner(view)
        topics = (*CYCLE_TOPICS, 'instruction')
        for topic, (kind, decode) in live_streams(cell, with_images=True, topics=topics).items():
            callback = partial(self._take, decode)
            if topic == 'instruction':
                subscribe_to_any(self, kind, topic, callback)
            else:
                qos = SENSOR if '/image_raw' in topic else _QOS
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
            case None:
                return
            case _:
                self._joiner.take(payload)

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
    node = WebMonitor(context, cell, view, has_simulator)
    try:
        with WebServer(view, port, node.get_logger().error) as server, _spinning(node, view):
            yield server.url
    finally:
        node.destroy_node()


@contextmanager
def _spinning(node: WebMonitor, view: LiveView) -> Iterator[None]:
    """Serve the callbacks of a node in a thread while the block runs."""
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    thread = threading.Thread(
        target=_spin, args=(executor, node, view), name='web_monitor', daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        executor.shutdown(timeout_sec=1.0)
        thread.join(timeout=2.0)


def _spin(executor: SingleThreadedExecutor, node: WebMonitor, view: LiveView) -> None:
    """Serve callbacks; what ends this is said in the log and on the page, which then stands."""
    try:
        executor.spin()
    except ExternalShutdownException:
        return
    except BaseException as error:  # noqa: BLE001 - a thread's exception would be lost
        view.ended = f'the page shows nothing new: {type(error).__name__}: {error}'
        node.get_logger().error(view.ended)
