"""The node teleop: a person's device to the action filter, which bounds what it wishes.

It sends nothing to motors of the arm, and nothing at all unless a person leads: then the action
filter holds the arm. It ends with the device limp and closed.
"""

import sys
import time

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.timer import Timer
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.deployment import load_cell_of
from vla_contract.joints.joint_age import JointAges
from vla_contract.ros.listening.joint_states_reader import JointStatesReader
from vla_contract.ros.listening.newest_time import NewestTime
from vla_contract.ros.messages.joints import chunk_to_msg
from vla_contract.ros.node.diagnostics import DiagnosticsPublisher, Health, status_msg
from vla_contract.ros.node.lifecycle import run_node, VlaNode
from vla_contract.ros.qos import COMMAND, STATE
from vla_contract.values import JointSample
from vla_teleop.config import TeleopConfig
from vla_teleop.desk import Desk
from vla_teleop.devices.device import make_device
from vla_teleop.devices.device_file import load_device_file
from vla_teleop.devices.device_thread import DeviceThread, Patience
from vla_teleop.mapping.commanded import CommandedPosition
from vla_teleop.mapping.groups import commanded_groups, device_joints
from vla_teleop.ros.filter_client import FilterClient
from vla_teleop.ros.leading_watch import LeadingWatch

_LEVELS = (DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR)
_STATUS_PERIOD_S, _SAY_PERIOD_S = 0.1, 1.0


class TeleopNode(VlaNode):
    """Reads a device, and sends its wishes while a person leads.

    It opens the device when it is activated, and closes it when it is deactivated.
    """

    settings_type = TeleopConfig

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__('teleop')
        self._thread: DeviceThread | None = None
        self._ticking: list[Timer] = []

    def build(self, settings: TeleopConfig) -> None:
        """Read the files, and listen to the filter; no device is opened yet."""
        self._config = settings
        self._cell = load_cell_of(settings.deployment, settings.cell)
        self._file = load_device_file(settings.device)
        joints = device_joints(self._file, self._cell)
        groups = commanded_groups(self._cell, joints, self._file.name)
        self._commanded = CommandedPosition(self._cell)
        self._joints = JointStatesReader(self, self._cell)
        self._time = NewestTime(self)
        self._ages = JointAges(self._cell)
        self._sample: JointSample | None = None
        self._filter = FilterClient(self, groups, self._commanded, self.now_ns, self._on_news)
        self._chunks = self.create_publisher(JointTrajectory, 'teleop_chunk', COMMAND)
        self._statuses = self.create_publisher(DiagnosticStatus, 'teleop/status', STATE)
        self._watch = LeadingWatch(self, settings.watch)
        self._diagnostics = DiagnosticsPublisher(self, self._check)
        self._desk: Desk | None = None
        self._said, self._said_s = '', 0.0

    def start(self) -> None:
        """Open the device.

        Raises:
            VlaError: it cannot be opened.
        """
        config = self._config
        device = make_device(self._file, self._cell, self.now_ns)

        def prepare() -> None:
            self._desk = Desk(self._file, self._cell, device, config)

        patience = Patience(config.errors_in_a_row, config.reconnect_s)
        self._thread = DeviceThread(device, config.rate_hz, patience, prepare)
        self._ticking = [
            self.create_timer(1.0 / config.rate_hz, self._tick),
            self.create_timer(_STATUS_PERIOD_S, self._tell),
        ]

    def stop(self) -> None:
        """Close the device; the filter holds the arm."""
        self._watch.end()
        self.destroy()

    def destroy(self) -> None:
        """End the thread of the device, which is limp then."""
        timers, self._ticking = self._ticking, []
        for timer in timers:
            self.destroy_timer(timer)
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.close()
        self._desk = None

    @property
    def message(self) -> str:
        """What is the case, in a sentence; '' while the node is not active."""
        return '' if self._desk is None else self._desk.message

    def _on_news(self) -> None:
        """Go on at once when a person has taken over: not a period later."""
        if self._thread is not None and self.is_active:
            self._tick()

    def _tick(self) -> None:
        thread, desk = self._thread, self._desk
        if thread is None or desk is None:
            return
        for press in thread.take_presses():
            self._filter.give(press)
        now_ns = self.now_ns()
        refusal = self._look() or self._filter.refusal(now_ns)
        fault = f'device: {thread.fault}' if thread.fault else ''
        position = self._commanded.position()
        chunk = desk.tick(thread.newest(), position, refusal, fault, now_ns)
        thread.lead(desk.goals)
        if not desk.is_leading:
            self._watch.end()
            return
        self._watch.beat()
        if chunk is not None:
            self._chunks.publish(chunk_to_msg(chunk, desk.names))

    def _look(self) -> str:
        """Take joint_states; return why they do not count, '' when they do."""
        now_ns = self._time.now_ns()
        sample = self._joints.poll(now_ns)
        if sample is not None:
            self._sample = sample
            self._commanded.offer_measured(sample)
        if self._sample is None:
            return self._joints.missing or 'no joint_states'
        now_ns = self._time.not_before(int(self._sample.stamps_ns.max()), now_ns)
        return self._ages.problem(self._sample, now_ns)

    def _tell(self) -> None:
        health = self._check()
        self._statuses.publish(status_msg('teleop', health))
        now_s = time.monotonic()
        # The joint that is farthest off changes often while a leader is brought to the arm.
        is_due = now_s >= self._said_s + _SAY_PERIOD_S
        if self._desk is not None and self._desk.kind != self._said and is_due:
            self._said, self._said_s = self._desk.kind, now_s
            # Each severity from a line of its own: rclpy refuses a line that changes it.
            if health.level == DiagnosticStatus.OK:
                self.get_logger().info(health.message)
            else:
                self.get_logger().warning(health.message)

    def _check(self) -> Health:
        desk, thread = self._desk, self._thread
        if desk is None or thread is None:
            return Health(DiagnosticStatus.WARN, 'not active', {})
        values = desk.values | {'reconnects': thread.reconnects}
        if thread.is_lost:
            return Health(DiagnosticStatus.ERROR, f'device lost, {desk.message}', values)
        message = self._filter.problem or desk.message
        return Health(_LEVELS[not desk.is_leading], message, values)


def main() -> int:
    """Run the node."""
    return run_node(TeleopNode)


if __name__ == '__main__':
    sys.exit(main())
