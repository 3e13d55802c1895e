"""Has the recorder record, and notices in an episode that it does not."""

from collections.abc import Mapping
from contextlib import suppress
import json
from pathlib import Path
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from std_srvs.srv import Trigger
from vla_contract.ros.node.diagnostics import ERROR
from vla_contract.ros.qos import STATE
from vla_rollout.graph.ros.node_calls import CALL_S, GraphError, NodeCalls

# It speaks four times a second, and runs behind everything that moves the arm.
_SILENT_S = 2.0


class RecorderWatch:
    """The rollout's side of the recorder: everything recorded is a promise.

    Attributes:
        folder: where its files are, None before the first.
    """

    def __init__(self, node: Node, calls: NodeCalls) -> None:
        """Listen to `recorder/status`."""
        self._calls = calls
        self._heard_s = 0.0
        self._failure = ''
        self._is_recording = self._has_recorded = False
        self.folder: Path | None = None
        node.create_subscription(DiagnosticStatus, 'recorder/status', self._on_status, STATE)

    def start(self) -> None:
        """Have it begin an episode.

        Raises:
            GraphError: it cannot; says why.
        """
        if not self._has_recorded:
            # A rollout that was killed has left it recording.
            self._keep_incomplete('the rollout ended before its episode')
            self._has_recorded = True
        self._order('start')
        self._failure, self._heard_s, self._is_recording = '', time.monotonic(), True

    def check(self) -> None:
        """Verify that the episode is being recorded, when one is.

        Raises:
            GraphError: the recorder has failed, or has said nothing for two seconds.
        """
        if not self._is_recording:
            return
        if self._failure:
            raise GraphError(f'recorder: {self._failure}')
        if time.monotonic() - self._heard_s > _SILENT_S:
            raise GraphError(
                f'recorder: silent for {_SILENT_S:g} s, the episode is no longer recorded'
            )

    def stop(self, episode: Mapping[str, Any]) -> Path:
        """Have it keep the episode with what is known of it; returns its file.

        Raises:
            GraphError: the recording is incomplete; says why.
        """
        self._is_recording = False
        self._calls.set_parameter('recorder', 'episode', json.dumps(episode))
        file = Path(self._order('stop'))
        self.folder = file.parent
        return file

    def discard(self) -> None:
        """Have it forget the episode.

        Raises:
            GraphError: it cannot; says why.
        """
        self._is_recording = False
        self._order('discard')

    def abandon(self, why: str) -> None:
        """Have it keep what there is of an episode that an error ended, if it still can."""
        if not self._is_recording:
            return
        self._is_recording = False
        self._keep_incomplete(why)

    def _keep_incomplete(self, why: str) -> None:
        """End a recording, if there is one, as what it is."""
        with suppress(GraphError):
            values = json.dumps({'incomplete': why})
            self._calls.set_parameter('recorder', 'episode', values, _SILENT_S)
            self._order('stop', _SILENT_S)

    def _order(self, order: str, within_s: float = CALL_S) -> str:
        request = Trigger.Request()
        answer = self._calls.order('recorder', Trigger, f'recorder/{order}', request, within_s)
        if not answer.success:
            raise GraphError(f'recorder: {answer.message}')
        return str(answer.message)

    def _on_status(self, msg: DiagnosticStatus) -> None:
        self._heard_s = time.monotonic()
        self._failure = msg.message if msg.level == ERROR else ''
