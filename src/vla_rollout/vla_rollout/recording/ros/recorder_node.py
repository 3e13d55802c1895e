"""The node recorder: raw messages of every episode into one MCAP file each."""

from collections.abc import Callable
from datetime import datetime
import importlib
import json
import os
from pathlib import Path
import sys
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.clock import Clock, ClockType
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_srvs.srv import Trigger
from vla_contract.deployment.deployment import load_cell_of
from vla_contract.errors import SettingError, VlaError
from vla_contract.ros.node.diagnostics import (
    DiagnosticsPublisher,
    ERROR,
    Health,
    OK,
    status_msg,
    WARN,
)
from vla_contract.ros.node.lifecycle import run_node, VlaNode
from vla_contract.ros.qos import STATE
from vla_rollout.recording.config import RecorderConfig
from vla_rollout.recording.episode_recorder import EpisodeRecorder
from vla_rollout.recording.record import Record, Topic
from vla_rollout.recording.recorder_thread import RecorderThread
from vla_rollout.recording.ring_buffer import RingBuffer
from vla_rollout.recording.ros.message_schema import has_package, message_schema
from vla_rollout.recording.topics import (
    LATCHED_TOPICS,
    OPTIONAL_PACKAGES,
    recorded_topics,
    SHARED_TOPICS,
)

# Two seconds of a 100 Hz topic; images fill it in seven.
_DEPTH = 200
_NICE = 10
# What may wait for the disk: four seconds of two raw 640x480 cameras at 30 Hz.
_WAITING_BYTES = 256_000_000
# A rollout takes two seconds of silence for the end of the recording.
_STATUS_S = 0.25


class Recorder(VlaNode):
    """Subscribes without decoding and passes bytes to a thread that writes.

    `tf` and `tf_static` too, where tf2_msgs is installed.
    """

    settings_type = RecorderConfig

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__('recorder')
        self._thread: RecorderThread | None = None

    def build(self, settings: RecorderConfig) -> None:
        """Make the folder and subscribe to everything of the cell."""
        cell = load_cell_of(settings.deployment, settings.cell)
        wanted = recorded_topics(cell, settings.extra_topics)
        topics = {
            name: Topic(
                self.resolve_topic_name(name),
                kind,
                message_schema(kind),
                name in LATCHED_TOPICS,
                is_shared=name in SHARED_TOPICS,
            )
            for name, kind in wanted.items()
            if kind.split('/')[0] not in OPTIONAL_PACKAGES or has_package(kind)
        }
        self._recorder = EpisodeRecorder(
            Path(settings.folder).resolve(),
            list(topics.values()),
            RingBuffer(round(settings.last_s * 1e9), settings.last_mb * 1_000_000),
            settings.compression,
            round(settings.keep_free_gb * 1e9),
        )
        on_error = self.get_logger().error
        self._thread = RecorderThread(self._recorder, _WAITING_BYTES, on_error)
        for topic in topics.values():
            self._subscribe(topic)
        orders: dict[str, Callable[[], str]] = {
            'start': self._start_episode,
            'stop': self._stop_episode,
            'discard': self._discard_episode,
            'save_last': self._save_last,
        }
        for name, order in orders.items():
            self.create_service(
                Trigger, f'recorder/{name}', lambda _, answer, order=order: _answer(answer, order)
            )
        self._diagnostics = DiagnosticsPublisher(self, self._check)
        self._status = self.create_publisher(DiagnosticStatus, 'recorder/status', STATE)
        # By the machine's clock: whoever waits for it does so in real time.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_STATUS_S, self._say, clock=steady)

    def destroy(self) -> None:
        """Write what waits; an unfinished episode stays as NAME.part."""
        if self._thread is not None:
            self._thread.close()
            self._thread = None

    def _subscribe(self, topic: Topic) -> None:
        package, _, name = topic.type_name.split('/')
        kind = getattr(importlib.import_module(f'{package}.msg'), name)
        # Best effort hears reliable publishers too; a latched value needs both to be reliable.
        qos = QoSProfile(depth=_DEPTH, reliability=ReliabilityPolicy.BEST_EFFORT)
        if topic.is_latched:
            qos = QoSProfile(depth=_DEPTH, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.create_subscription(
            kind, topic.name, lambda data: self._on_message(topic.name, data), qos, raw=True
        )

    def _on_message(self, topic: str, data: bytes) -> None:
        if self._thread is not None:
            self._thread.take(Record(topic, self.now_ns(), data))

    def _start_episode(self) -> str:
        stamp = datetime.now().strftime('%Y%m%d-%H%M%S-%f')[:-3]
        path = self._order(lambda: self._recorder.start(f'episode_{stamp}'))
        return str(path)

    def _stop_episode(self) -> str:
        result = self._episode_values()
        return str(self._order(lambda: self._recorder.stop(result)))

    def _discard_episode(self) -> str:
        self._order(self._recorder.discard)
        return 'episode discarded'

    def _save_last(self) -> str:
        stamp = datetime.now().strftime('%Y%m%d-%H%M%S-%f')[:-3]
        return str(self._order(lambda: self._recorder.save_last(f'last_{stamp}')))

    def _order[T](self, order: Callable[[], T]) -> T:
        if self._thread is None:
            raise VlaError('the recorder is not configured')
        return self._thread.call(order)

    def _episode_values(self) -> dict[str, str]:
        """Return the parameter `episode` as MCAP metadata: text by name."""
        text = str(self.get_parameter('episode').value)
        try:
            values = json.loads(text)
        except ValueError as error:
            raise SettingError('recorder', 'episode', text[:80], 'a JSON object') from error
        if not isinstance(values, dict):
            raise SettingError('recorder', 'episode', text[:80], 'a JSON object')
        return {k: v if isinstance(v, str) else json.dumps(v) for k, v in values.items()}

    def _say(self) -> None:
        self._status.publish(status_msg('recorder', self._check()))

    def _check(self) -> Health:
        recorder, thread = self._recorder, self._thread
        dropped = thread.dropped if thread else 0
        failure = (thread.failure if thread else '') or recorder.failure
        values = {
            'recording': recorder.is_recording,
            'messages': recorder.written,
            'dropped': dropped,
            'failure': failure,
        }
        if failure:
            return Health(ERROR, failure, values)
        if dropped:
            return Health(WARN, f'{dropped} messages dropped: the disk is too slow', values)
        return Health(OK, 'recording' if recorder.is_recording else 'ready', values)


def _answer(response: Any, order: Callable[[], str]) -> Any:
    try:
        response.message = order()
        response.success = True
    except VlaError as error:
        response.success, response.message = False, str(error)
    return response


def main() -> int:
    """Run the node, behind whatever moves the arm: four seconds may wait for it."""
    os.nice(_NICE)
    return run_node(Recorder)


if __name__ == '__main__':
    sys.exit(main())
