"""The diagnosis of the running episode: every alarm on /diagnostics, and in the result."""

from collections.abc import Callable
from functools import partial
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import ContractError
from vla_contract.recordings.events import ImageEvent, Payload
from vla_contract.ros.messages.live_streams import live_streams, LiveStream
from vla_contract.ros.node.diagnostics import ERROR, Health, status_msg
from vla_contract.ros.qos import SENSOR, STATE
from vla_contract.values import ActionChunk
from vla_rollout.diagnosis.alarm import Alarm
from vla_rollout.diagnosis.detectors.images.training_images import TrainingImages
from vla_rollout.diagnosis.diagnosis import diagnosis_of
from vla_rollout.diagnosis.healthy import Healthy
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.recording.cycles import CYCLE_TOPICS, CycleJoiner

# Half a second of the fastest stream: callbacks wait for each other.
_QOS = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
# What is wrong with a camera lasts; to unpack each of its images would take a core.
_GLANCE_S = 0.25


class LiveDiagnosis:
    """Watches the topics of an episode between `begin` and `end`."""

    def __init__(
        self,
        node: Node,
        deployment: Deployment,
        healthy: Healthy | None,
        training: TrainingImages | None = None,
    ) -> None:
        """Subscribe on a node.

        Args:
            node: whose callbacks take the topics.
            deployment: what runs.
            healthy: what was learned of its policy, None for nothing.
            training: what its policy was shown in training, None for not known.
        """
        self._node = node
        self._diagnosis = diagnosis_of(deployment, healthy, training)
        self._joiner = CycleJoiner(self)
        self._lock = threading.Lock()
        self._is_watching, self._has_seen_end = False, False
        self._end_ns: int | None = None
        self._publisher = node.create_publisher(DiagnosticArray, 'diagnostics', STATE)
        streams = live_streams(deployment.cell, with_images=False, topics=CYCLE_TOPICS)
        for topic, (kind, decode) in streams.items():
            node.create_subscription(kind, topic, partial(self._take, decode), _QOS)
        images = live_streams(deployment.cell, with_images=True, topics=())
        for topic, stream in images.items():
            glance = _Glances(stream, self._take)
            node.create_subscription(stream[0], topic, glance.take, SENSOR, raw=True)

    def begin(self) -> None:
        """Forget the last episode and watch."""
        with self._lock:
            self._diagnosis.restart()
            self._joiner.restart()
            self._is_watching, self._end_ns, self._has_seen_end = True, None, False

    def go_on(self) -> None:
        """Go on after a pause."""
        with self._lock:
            self._diagnosis.go_on()
            self._joiner.restart()

    def cease(self, end_ns: int) -> None:
        """Pass over what is due after a time [ns]: the episode ended then.

        Messages of the last cycles may still be on their way; see `has_seen_end`.
        """
        with self._lock:
            self._end_ns = end_ns

    @property
    def has_seen_end(self) -> bool:
        """Whether a cycle from after the end has come, so that none from before is missing."""
        with self._lock:
            return self._has_seen_end

    def end(self) -> list[Alarm]:
        """Cease to watch; return the alarms of the episode, in order."""
        with self._lock:
            if self._is_watching:
                # What waits for a later measurement belongs to the episode.
                self._joiner.finish()
            self._is_watching = False
            return list(self._diagnosis.alarms)

    @property
    def alarms(self) -> list[Alarm]:
        """Alarms of the episode up to now, in order."""
        with self._lock:
            return list(self._diagnosis.alarms)

    def restart(self) -> None:
        """Begin anew, as an observer."""
        self._diagnosis.restart()

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Pass a chunk on."""
        self._diagnosis.see_chunk(chunk)

    def see_refused(self, chunk: ActionChunk) -> None:
        """Pass a chunk on that the filter refused."""
        self._diagnosis.see_refused(chunk)

    def see_cycle(self, cycle: Cycle) -> None:
        """Pass a cycle on and publish the alarms that begin in it."""
        if self._end_ns is not None and cycle.now_ns > self._end_ns:
            self._has_seen_end = True
            return
        for alarm in self._diagnosis.see_cycle(cycle):
            self._publish(alarm)

    def _take(self, decode: Callable[[Any], Payload | None], msg: Any) -> None:
        try:
            payload = decode(msg)
        except ContractError:
            return  # the node that is addressed refuses and reports it
        with self._lock:
            if not self._is_watching or payload is None:
                return
            if isinstance(payload, ImageEvent):
                self._diagnosis.see_frame(payload.camera, payload.stamp_ns, payload.image)
            else:
                self._joiner.take(payload)

    def _publish(self, alarm: Alarm) -> None:
        cause = alarm.cause
        values = {
            'cause': cause.name,
            'evidence': alarm.evidence,
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


class _Glances:
    """Unpacks a few of a camera's images a second; the others are dropped as bytes."""

    def __init__(
        self, stream: LiveStream, take: Callable[[Callable[[Any], Payload | None], Any], None]
    ) -> None:
        self._kind, self._decode = stream
        self._take = take
        self._looked_s = -_GLANCE_S

    def take(self, data: bytes) -> None:
        now_s = time.monotonic()
        if now_s - self._looked_s >= _GLANCE_S:
            self._looked_s = now_s
            self._take(self._decode, deserialize_message(data, self._kind))
