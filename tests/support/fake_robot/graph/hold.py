"""Holds a robot still through its action filter, and says what the filter said meanwhile."""

import time

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from support.operator_desk import OperatorDesk
from support.waiting import wait_for
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import Verdict
from vla_contract.ros.messages.filter_status import status_of
from vla_contract.ros.messages.joints import chunk_to_msg
from vla_contract.ros.qos import COMMAND, STATE
from vla_contract.ros.watcher import heartbeat_message
from vla_contract.values import ActionChunk, to_ns

_STEPS, _STEP_S, _EVERY_S = 16, 0.1, 0.2


class _Holder:
    """Asks for one position again and again, from the thread of the desk's node."""

    def __init__(self, desk: OperatorDesk, cell: Cell) -> None:
        self._cell, self._heartbeat = cell, heartbeat_message('hold')
        self._node = node = desk.node
        self.said: list[tuple[int, str, Verdict]] = []
        self.commands = 0
        self._position: np.ndarray | None = None
        self._measured: dict[str, float] = {}
        self._is_over = False
        self._chunks = node.create_publisher(JointTrajectory, 'policy_chunk', COMMAND)
        self._watch = node.create_publisher(String, 'watch', COMMAND)
        node.create_subscription(DiagnosticStatus, 'action_filter/status', self._hear, STATE)
        node.create_subscription(JointState, 'action_filter/action', self._count, STATE)
        for source in cell.joint_sources:
            node.create_subscription(
                JointState,
                source.topic,
                lambda msg, s=source: self._measured.update(
                    zip(s.names(msg.name), msg.position, strict=True)
                ),
                STATE,
            )
        self._timer = node.create_timer(_EVERY_S, self._ask)

    def now_ns(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)

    def end(self) -> None:
        """Ask for nothing more, and say that nobody watches; destroyed with the desk."""
        self._is_over = True

    def _ask(self) -> None:
        if self._is_over:
            if self._chunks is not None:
                self._watch.publish(String())
                self._node.destroy_publisher(self._chunks)
                self._chunks = None
                self._timer.cancel()
            return
        if self._position is None:
            if not set(self._cell.joint_names) <= set(self._measured):
                return
            self._position = np.array([self._measured[name] for name in self._cell.joint_names])
        positions = np.tile(self._position, (_STEPS, 1))
        chunk = ActionChunk(self.now_ns(), to_ns(_STEP_S), positions)
        self._watch.publish(self._heartbeat)
        self._chunks.publish(chunk_to_msg(chunk, self._cell.joint_names))

    def _hear(self, msg: DiagnosticStatus) -> None:
        status = status_of(msg)
        self.said.append((self.now_ns(), msg.message, status.verdict))

    def _count(self, msg: JointState) -> None:
        self.commands += 1

    @property
    def is_over(self) -> bool:
        return self._chunks is None


def hold(desk: OperatorDesk, cell: Cell, seconds: float, has_clock: bool) -> list[str]:
    """Hold for some time of the robot's clock from the first command on.

    Args:
        desk: whose node asks for it.
        cell: of the robot.
        seconds: how long.
        has_clock: whether the robot publishes /clock.

    Returns:
        What the filter said of every moment in which it did not let the plan pass.
    """
    desk.node.set_parameters([Parameter('use_sim_time', value=has_clock)])
    clock = desk.node.get_clock()
    wait_for(lambda: clock.now().nanoseconds > 0, 60.0, 'the clock of the robot')
    holder = _Holder(desk, cell)
    wait_for(
        lambda: holder.commands >= cell.rates.filter_hz,
        120.0, f'the filter to command something; it said {holder.said[-1:]}',
    )  # fmt: skip
    begin_ns, began = holder.now_ns(), time.monotonic()
    wait_for(lambda: holder.now_ns() - begin_ns > to_ns(seconds), 20.0 * seconds, 'the hold')
    heard = [
        text for at, text, verdict in holder.said if at >= begin_ns and verdict >= Verdict.HOLD
    ]
    if not [at for at, _, _ in holder.said if at >= begin_ns]:
        heard.append(f'nothing in {time.monotonic() - began:.0f} s')
    holder.end()
    wait_for(lambda: holder.is_over, 60.0, 'the end of the hold')
    return sorted(set(heard))
