"""The node action_filter: chunks in, bounded commands out, at a fixed rate."""

import sys
import threading
import time
from typing import Any

import numpy as np
from rclpy.timer import Timer
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_action_filter.config import FilterConfig
from vla_action_filter.output.command_loop import CommandLoop, Orders
from vla_action_filter.ros.channels.registry import channels_of, make_senders
from vla_action_filter.ros.channels.sender import Sender
from vla_action_filter.ros.filter_report import FilterReport
from vla_action_filter.ros.human_inputs import HumanInputs
from vla_action_filter.ros.operator_inputs import OperatorInputs
from vla_action_filter.watchdogs.loop_timing import LoopTiming
from vla_contract.deployment.deployment import load_cell_of
from vla_contract.errors import ContractError, VlaError
from vla_contract.filter_status import (
    ChunkFault,
    NO_REASON,
    Reason,
    ReasonCode,
)
from vla_contract.joints.joint_messages import JointReader, largest_chunk_bytes
from vla_contract.joints.teleop_messages import TELEOP_TOPIC
from vla_contract.ros.listening.bounded import subscribe_bounded
from vla_contract.ros.listening.joint_states_reader import JointStatesReader
from vla_contract.ros.listening.newest_time import NewestTime
from vla_contract.ros.listening.unattended import taken, unattended_subscription
from vla_contract.ros.node.diagnostics import (
    DiagnosticsPublisher,
    Health,
)
from vla_contract.ros.node.graph_arguments import publishers_of
from vla_contract.ros.node.lifecycle import run_node, VlaNode
from vla_contract.ros.qos import COMMAND
from vla_contract.stamps import from_stamp
from vla_contract.values import to_ns

_LOOK_S = 0.1


class ActionFilterNode(VlaNode):
    """Wires the filter core to topics; the core decides everything."""

    settings_type = FilterConfig

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__('action_filter')
        self._timer: Timer | None = None
        self._rests_at_ns = 0
        self._senders: list[Sender] = []
        self._timing = LoopTiming(time.monotonic_ns)

    def build(self, settings: FilterConfig) -> None:
        """Load the cell, build the core, subscribe."""
        cell = load_cell_of(settings.deployment, settings.cell)
        self._names = cell.joint_names
        channels = channels_of(cell, settings)
        self._loop = CommandLoop(cell, settings)
        self._filter = self._loop.filter
        self._late_ns = to_ns(settings.tracking_latency_s + settings.lead_s)
        self._is_dry_run = settings.dry_run
        self._input = settings.input
        self._senders = make_senders(self, cell, channels)
        self._time = NewestTime(self)
        self._measured_ns = 0
        self._joints = JointStatesReader(self, cell)
        self._operator = OperatorInputs(self, self._filter, settings, settings.first_speed)
        self._report = FilterReport(self, cell, self._loop, lambda: self._operator.values)
        self._chunk_reader = JointReader(self._names, 'policy_chunk')
        if settings.input == 'policy_chunk':
            subscribe_bounded(
                self,
                JointTrajectory,
                'policy_chunk',
                self._on_chunk,
                COMMAND,
                largest_chunk_bytes(len(self._names)),
                lambda reason: self._reject_chunk(reason, 0),
            )
        else:
            self.create_subscription(
                JointTrajectoryPoint, 'policy_action', self._on_action, COMMAND
            )
        self._human = HumanInputs(self, cell, self._filter, self.now_ns, lambda: self.is_active)
        self._watch = unattended_subscription(self, String, 'watch', COMMAND)
        self.create_service(Trigger, 'action_filter/reset', self._on_reset)
        self.create_timer(_LOOK_S, self._look_around)
        self._diagnostics = DiagnosticsPublisher(self, self._diagnose)

    def start(self) -> None:
        """Arm at the next measured position and run the loop.

        Raises:
            VlaError: the node is locked.
        """
        if self.get_parameter('locked').value:
            raise VlaError('locked: supervisor/release unlocks it once preflight has passed')
        self._loop.restart()
        self._report.restart()
        self._look_around()
        self._timing.restart()
        self._timer = self.create_timer(self._filter.period_ns / 1e9, self._on_timer)

    def stop(self) -> None:
        """Decelerate within the limits, then publish nothing more: the controller holds."""
        if self._timer is not None:
            self.destroy_timer(self._timer)
            self._timer = None
        # The executor is blocked here, so simulated time stands still; real time paces it.
        pause, start_ns, begin_ns = threading.Event(), self.now_ns(), time.monotonic_ns()
        played = 0
        # What is given out ahead is played before the arm is at rest.
        while self._loop.is_streaming and played <= self._loop.periods_ahead:
            played += not self._loop.is_moving
            self._send(self._loop.brake(start_ns + time.monotonic_ns() - begin_ns))
            pause.wait(self._filter.period_ns / 1e9)
        for sender in self._senders:
            sender.finish()
        self._rests_at_ns = self.now_ns() + self._late_ns
        self._report.publish_status()

    def destroy(self) -> None:
        """End the threads of the channels."""
        for sender in self._senders:
            sender.close()
        self._senders = []

    def _read_inputs(self, now_ns: int) -> None:
        """Take what drivers and operators have said since the last time."""
        self._operator.poll(now_ns)
        permitted = min((sender.permitted_speed() for sender in self._senders), default=1.0)
        self._filter.set_permitted_speed(permitted)
        # Those that came while a loaded machine kept this cycle waiting count too.
        for msg in taken(self._watch):
            self._filter.offer_watch(msg.data, now_ns)
        rejected = self._joints.rejected
        sample = self._joints.poll(now_ns)
        if sample is not None:
            self._filter.offer_joints(sample)
            self._measured_ns = int(sample.stamps_ns.max())
        self._filter.watchdogs.missing_joints = self._joints.missing or 'no joint_states'
        if self._joints.rejected > rejected:
            self._filter.counters['rejected_joint_states'] += self._joints.rejected - rejected
            self.get_logger().error(self._joints.problem, throttle_duration_sec=5.0)

    def _on_chunk(self, msg: JointTrajectory) -> None:
        if not self.is_active:
            return
        try:
            chunk = self._chunk_reader.chunk(msg)
        except ContractError as error:
            self._reject_chunk(str(error), from_stamp(msg.header.stamp))
            return
        self._say_refusal(self._filter.offer_chunk(chunk, self.now_ns()))

    def _reject_chunk(self, reason: str, stamp_ns: int) -> None:
        self._filter.reject_chunk(reason, ChunkFault.MALFORMED, stamp_ns)
        self.get_logger().error(reason, throttle_duration_sec=5.0)

    def _on_action(self, msg: JointTrajectoryPoint) -> None:
        """Take one action, its numbers in the order of the cell's joints."""
        if not self.is_active:
            return
        if len(msg.positions) != len(self._names):
            found = f'found {len(msg.positions)} positions for {len(self._names)} joints'
            self._reject_chunk(f'policy_action: {found}', 0)
            return
        position = np.array(msg.positions)
        duration_ns = from_stamp(msg.time_from_start)
        self._say_refusal(self._filter.offer_action(position, duration_ns, self.now_ns()))

    def _say_refusal(self, reason: str) -> None:
        if reason:
            self.get_logger().error(f'{self._input} refused: {reason}', throttle_duration_sec=5.0)

    def _look_around(self) -> None:
        """Two policies, or two filters, would take turns with the arm: hold it instead."""
        self._operator.look()
        if not self.is_active:
            self._read_inputs(self.now_ns())
        conflict = NO_REASON
        for topic in self._commanding_topics():
            count = publishers_of(self, topic)
            if count > 1:
                conflict = Reason(f'{topic} has {count} publishers', ReasonCode.CONFLICT)
        if self.get_parameter('locked').value:
            conflict = Reason('locked', ReasonCode.LOCKED)
        if not self._is_dry_run and not conflict:
            fault = next(filter(None, (sender.fault() for sender in self._senders)), '')
            conflict = Reason(fault, ReasonCode.CONTROLLER)
        self._filter.set_conflict(conflict)
        reference = np.full(len(self._names), np.nan)
        for columns, found in filter(None, (sender.reference() for sender in self._senders)):
            reference[columns] = found
        self._filter.offer_reference(reference)

    def _commanding_topics(self) -> list[str]:
        """Return the topics of those who command now."""
        sources = self._filter.sources
        return [self._input] * sources.is_policy + [TELEOP_TOPIC] * sources.is_human

    def _on_reset(self, request: Any, response: Any) -> Any:
        now_ns = self.now_ns()
        self._read_inputs(now_ns)
        reason = self._filter.reset(now_ns)
        response.success = not reason
        response.message = reason or 'reset; waiting for a new action chunk'
        if not reason:
            self.get_logger().info(f'reset: {response.message}')
        return response

    def _on_timer(self) -> None:
        now_ns = self._time.now_ns()
        # An arm that follows late still goes where it was told before `stop`; armed now, it would
        # be told to come back. Much later than that is a clock that was set back.
        if 0 < self._rests_at_ns - now_ns <= self._late_ns:
            return
        self._timing.begin()
        self._read_inputs(now_ns)
        now_ns = self._time.not_before(self._measured_ns, now_ns)
        orders = self._loop.cycle(now_ns)
        self._send(orders)
        self._report.tell(now_ns, orders.result)
        self._timing.end()

    def _send(self, orders: Orders) -> None:
        if self._is_dry_run:
            return
        for sender in self._senders:
            sender.send(orders)
        self._report.play(orders)

    def _diagnose(self) -> Health:
        health = self._report.health()
        return health._replace(values={**health.values, **self._timing.report()})


def main() -> int:
    """Run the node."""
    return run_node(ActionFilterNode, 'realtime_priority')


if __name__ == '__main__':
    sys.exit(main())
