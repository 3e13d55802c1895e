"""The diagnosis of the running episode: every alarm on /diagnostics, and in the result."""

from collections.abc import Callable
from functools import partial
import threading

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError
from vla_contract.ros.messages.live_streams import live_streams
from vla_contract.ros.node.diagnostics import ERROR, Health, status_msg
from vla_contract.ros.qos import STATE
from vla_contract.values import ActionChunk
from vla_rollout.diagnosis.alarm import Alarm
from vla_rollout.diagnosis.diagnosis import Diagnosis
from vla_rollout.diagnosis.healthy import Healthy
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.recording.cycles import CYCLE_TOPICS, CycleJoiner

# Half a second of the fastest stream: callbacks wait for each other.
_QOS = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)


class LiveDiagnosis:
    """Watches the topics of an episode between `begin` and `end`."""

    def __init__(self, node: Node, cell: Cell, healthy: Healthy) -> None:
        """Subscribe on a node."""
        self._node = node
        self._diagnosis = Diagnosis(cell, healthy)
        self._joiner = CycleJoiner(self)
        self._lock = threading.Lock()
        self._is_watching = False
        self._publisher = node.create_publisher(DiagnosticArray, 'diagnostics', STATE)
        streams = live_streams(cell, with_images=False, topics=CYCLE_TOPICS)
        for topic, (kind, decode) in streams.items():
            node.create_subscription(kind, topic, partial(self._take, decode), _QOS)

    def begin(self) -> None:
        """Forget the last episode and watch."""
        with self._lock:
            self._diagnosis.restart()
            self._joiner.restart()
            self._is_watching = True

    def go_on(self) -> None:
        """Go on after a pause."""
        with self._lock:
            self._diagnosis.go_on()
            self._joiner.restart()

    def end(self) -> list[Alarm]:
        """Cease to watch; return the alarms of the episode, in order."""
        with self._lock:
            self._is_watching = False
            return list(self._diagnosis.alarms)

    def restart(self) -> None:
        """Begin anew, as an observer."""
        self._diagnosis.restart()

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Pass a chunk on."""
        self._diagnosis.see_chunk(chunk)

    def see_cycle(self, cycle: Cycle) -> None:
        """Pass a cycle on and publish the alarms that begin in it."""
        for alarm in self._diagnosis.see_cycle(cycle):
            self._publish(alarm)

    def _take(self, decode: Callable[[object], object], msg: object) -> None:
        try:
            payload = decode(msg)
        except ContractError:
            return  # the node that is addressed refuses and reports it
        with self._lock:
            if self._is_watching and payload is not None:
                self._joiner.take(payload)

    def _publish(self, alarm: Alarm) -> None:
        cause = alarm.cause
        values = {
            'cause': cause.name,
            'score': alarm.score,
            'threshold': alarm.threshold,
            'unit': alarm.unit,
            'probable_roots': '; '.join(cause.roots),
            'fix': cause.fix,
        }
        health = Health(ERROR, f'{cause.mode}: {cause.symptom}', values)
        msg = DiagnosticArray(status=[status_msg('rollout diagnosis', health)])
        msg.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(msg)
        self._node.get_logger().error(f'{alarm}; {cause.fix}')
