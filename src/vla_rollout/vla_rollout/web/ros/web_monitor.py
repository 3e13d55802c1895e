"""Shows a running graph on a page, with the buttons of its operator."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
import sys
import threading
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError
from vla_contract.filter_status import FilterStatus
from vla_contract.recordings.events import ImageEvent, InstructionEvent, Payload
from vla_contract.ros.listening.any_publisher import subscribe_to_any
from vla_contract.ros.messages.live_streams import live_streams
from vla_contract.ros.qos import SENSOR
from vla_contract.values import ActionChunk, JointSample, NS_PER_S
from vla_policy_server.wire.server_settings import ServerSettings
from vla_rollout.episodes.control import EpisodeControl
from vla_rollout.recording.cycles import CYCLE_TOPICS, CycleJoiner
from vla_rollout.web.desk import OperatorDesk
from vla_rollout.web.live_view import LiveView
from vla_rollout.web.progress import RunProgress
from vla_rollout.web.ros.buttons import EStopButton, FilterReset
from vla_rollout.web.server import Shown, WebServer

# Every node reports once a second, and all at the same time after a start.
_QOS = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)

# The answer to a press waits for the interpreter half a dozen times; at 5 ms each, Python's own
# interval, an e-stop would take 40 ms longer beside the threads of a rollout.
_SWITCH_S = 5e-4


class WebMonitor(Node):
    """Passes what the topics say on to a view; decodes them as recordings are decoded."""

    def __init__(self, context: Context, cell: Cell, view: LiveView, has_simulator: bool) -> None:
        """Subscribe."""
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

    def _take(self, decode: Callable[[Any], Payload | None], msg: Any) -> None:
        try:
            payload = decode(msg)
        except ContractError:
            return  # the node that is addressed refuses and reports it
        match payload:
            case ImageEvent(camera, stamp_ns, image):
                self._view.see_image(camera, image)
                self._view.rates.see(camera, self._age_s(stamp_ns))
            case InstructionEvent(text):
                self._view.instruction = text
            case None:
                return
            case _:
                self._count(payload)
                self._joiner.take(payload)

    def _count(self, payload: object) -> None:
        match payload:
            case JointSample(stamp_ns):
                self._view.rates.see('joint_states', self._age_s(stamp_ns))
            case ActionChunk(stamp_ns):
                self._view.rates.see('policy_chunk', self._age_s(stamp_ns))
                self._view.see_answer(self._age_s(stamp_ns), payload)
            case FilterStatus():
                self._view.see_status(payload)

    def _age_s(self, stamp_ns: int) -> float:
        """Return how old a stamp is by the clock of the graph [s]."""
        return float(self.get_clock().now().nanoseconds - stamp_ns) / NS_PER_S

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            if status.level == DiagnosticStatus.OK:
                self._view.clear_alarm(status.name)
            else:
                level = 'warn' if status.level == DiagnosticStatus.WARN else 'error'
                self._view.see_alarm(status.name, level, status.message)


@contextmanager
def web_page(
    context: Context,
    cell: Cell,
    settings: ServerSettings,
    has_simulator: bool,
    control: EpisodeControl,
    progress: RunProgress,
) -> Iterator[str]:
    """Show the graph of a context on a page while the block runs; yields where it is.

    Args:
        context: of rclpy.
        cell: its robot and cameras.
        settings: address of the page, 0 for any port, with token and certificate.
        has_simulator: whether a simulator makes time.
        control: takes the operator's orders.
        progress: how far the run is.

    Raises:
        VlaError: the port is taken, or other machines could move the arm without token and TLS.
    """
    view = LiveView(cell)
    node = WebMonitor(context, cell, view, has_simulator)
    desk = OperatorDesk(control, progress, EStopButton(node), FilterReset(node))
    interval_s = sys.getswitchinterval()
    try:
        shown = Shown(view, desk)
        with WebServer(shown, settings, node.get_logger().error) as server, _spinning(node, view):
            sys.setswitchinterval(_SWITCH_S)
            yield server.url
    finally:
        sys.setswitchinterval(interval_s)
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
