"""The node between a device that a test moves and a filter that a test plays."""

from pathlib import Path
import time

from diagnostic_msgs.msg import DiagnosticStatus
from leader_double import device_file, encoders, so101
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory
from vla_contract.filter_status import FilterStatus, Reason, ReasonCode, Verdict
from vla_contract.joints.teleop_messages import TeleopReader
from vla_contract.ros.messages.stamps import to_time
from vla_contract.ros.node.diagnostics import Health, status_msg
from vla_contract.ros.qos import COMMAND, STATE
from vla_contract.values import to_ns
from vla_lerobot.drivers.simulated.so101 import MOTORS
from vla_teleop.devices.reading import Press, Reading
from vla_teleop.mapping.leader_joints import LeaderJoints
from vla_teleop.permission import POLICY
import vla_teleop.ros.teleop_node as node_module
from vla_teleop.ros.teleop_node import TeleopNode
from vla_teleop.session import LEADING

CELL = so101()
HOME = CELL.home
SUCCESS = rclpy.lifecycle.TransitionCallbackReturn.SUCCESS


class Held:
    """A leader that a test holds; see `Device`."""

    can_be_led = False

    def __init__(self, clock_ns) -> None:
        self.encoders = encoders()
        self.joints = LeaderJoints(FILE[0], CELL, self.encoders)
        self.place = np.array(HOME)
        self.presses: set[Press] = set()
        self.is_engaged = True
        self.fault: Exception | None = None
        self.clock_ns = clock_ns
        self.opened = self.closed = 0

    def connect(self) -> None:
        if self.fault is not None:
            raise self.fault
        self.opened += 1

    def read(self) -> Reading:
        if self.fault is not None:
            raise self.fault
        presses, self.presses = frozenset(self.presses), set()
        numbers = self.joints.numbers(self.place)
        return Reading(self.clock_ns(), numbers, is_engaged=self.is_engaged, presses=presses)

    def lead(self, numbers) -> None:
        raise AssertionError('it has no motors')

    def release(self) -> None:
        pass

    def close(self) -> None:
        self.closed += 1


FILE: list = []


class Graph:
    """The node, and who plays arm and filter, in one executor."""

    def __init__(self, folder: Path, monkeypatch, **more) -> None:
        FILE[:] = [device_file(folder)]
        monkeypatch.setattr(node_module, 'make_device', self._make)
        values = {
            'deployment': 'so101_lift_cube',
            'device': str(folder / 'double.yaml'),
            'reconnect_s': 0.1,
            **more,
        }
        rclpy.try_shutdown()
        given = [word for name, own in values.items() for word in ('-p', f'{name}:={own}')]
        rclpy.init(args=['--ros-args', *given])
        self.node = TeleopNode()
        self.other = rclpy.create_node('other', use_global_arguments=False)
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self.executor.add_node(self.other)
        self.chunks: list[JointTrajectory] = []
        self.statuses: list[DiagnosticStatus] = []
        self.watches: list[str] = []
        self.calls: list[str] = []
        create = self.other.create_subscription
        create(JointTrajectory, 'teleop_chunk', self.chunks.append, COMMAND)
        create(DiagnosticStatus, 'teleop/status', self.statuses.append, STATE)
        create(String, 'watch', lambda msg: self.watches.append(msg.data), COMMAND)
        for name in ('take_over', 'hand_back'):
            self.other.create_service(
                Trigger,
                f'action_filter/{name}',
                lambda *both, name=name: self._give(name, both[1]),
            )
        self.joint_states = self.other.create_publisher(JointState, 'joint_states', STATE)
        self.status = self.other.create_publisher(DiagnosticStatus, 'action_filter/status', STATE)
        self.place, self.first = np.array(HOME), np.array(HOME)
        self.filter = FilterStatus(Verdict.PASS, human=('arm',))
        self.ahead_ns = 0
        self.other.create_timer(0.02, self._play)

    def _make(self, file, cell, clock_ns) -> Held:
        self.device = Held(clock_ns)
        self.device.place = self.first
        return self.device

    def _give(self, name: str, response):
        self.calls.append(name)
        human = ('arm',) if name == 'take_over' else ()
        self.filter = FilterStatus(Verdict.PASS, human=human)
        response.success, response.message = True, name
        return response

    def _play(self) -> None:
        msg = JointState(name=list(CELL.joint_names), position=self.place.tolist())
        msg.header.stamp = to_time(self.node.now_ns() + self.ahead_ns)
        self.joint_states.publish(msg)
        health = Health(b'\x00', self.filter.message, self.filter.values())
        self.status.publish(status_msg('action_filter', health))

    def activate(self) -> None:
        assert self.node.trigger_configure() == SUCCESS, self.node.failure
        assert self.node.trigger_activate() == SUCCESS, self.node.failure

    def until(self, condition, limit_s=60.0) -> None:
        deadline = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < deadline, f'not met; {self.node.message}'
            self.executor.spin_once(timeout_sec=0.02)

    def says(self, text: str) -> bool:
        return bool(self.statuses) and text in self.statuses[-1].message

    def close(self) -> None:
        self.node.shut_down()
        self.node.destroy_node()
        self.other.destroy_node()


@pytest.fixture
def graph(ros, tmp_path, monkeypatch):
    graph = Graph(tmp_path, monkeypatch)
    yield graph
    graph.close()


def test_a_leader_leads_by_chunks_that_the_filter_reads(graph):
    graph.activate()
    graph.until(lambda: len(graph.chunks) > 3)
    wish = TeleopReader(CELL.joint_names).read(graph.chunks[-1])
    assert np.abs(wish.chunk.positions - HOME).max() < 2e-3
    graph.until(lambda: graph.says(LEADING))
    assert graph.statuses[-1].level == DiagnosticStatus.OK
    graph.until(lambda: graph.watches)
    assert graph.watches[-1].startswith('teleop ')


def test_a_leader_elsewhere_is_told_where_to_and_sends_nothing(graph):
    graph.first = HOME + [0.5, 0, 0, 0, 0, 0]
    graph.activate()
    graph.until(lambda: graph.says('shoulder_pan of the leader is +0.50'))
    graph.chunks.clear()
    graph.until(lambda: graph.says('shoulder_pan of the leader is +0.50'))
    assert graph.chunks == []
    graph.device.place = HOME + [0.05, 0, 0, 0, 0, 0]
    graph.until(lambda: graph.chunks)
    assert graph.chunks[0].points[0].positions[0] == pytest.approx(HOME[0], abs=1e-6)


def test_who_lets_go_sends_nothing_and_does_not_watch_any_more(graph):
    graph.activate()
    graph.until(lambda: graph.chunks and graph.watches)
    graph.device.is_engaged = False
    graph.until(lambda: graph.says('let go'))
    graph.until(lambda: graph.watches[-1] == '')
    graph.chunks.clear()
    graph.statuses.clear()
    graph.until(lambda: len(graph.statuses) > 3)
    assert graph.chunks == []


def test_a_button_takes_over_and_hands_back(graph):
    graph.filter = FilterStatus(Verdict.PASS)
    graph.activate()
    graph.until(lambda: graph.says(POLICY))
    assert graph.chunks == []
    graph.device.presses = {Press.TAKE_OVER}
    graph.until(lambda: graph.chunks)
    assert graph.calls == ['take_over']
    graph.device.presses = {Press.HAND_BACK}
    graph.until(lambda: graph.calls == ['take_over', 'hand_back'])
    graph.until(lambda: graph.says(POLICY))


def test_a_stopped_arm_is_not_led(graph):
    graph.filter = FilterStatus(
        Verdict.LATCHED, Reason('e-stop', ReasonCode.E_STOP), human=('arm',)
    )
    graph.activate()
    graph.until(lambda: graph.says('has stopped the arm, e-stop'))
    assert graph.chunks == []


def test_a_device_that_is_gone_is_said_once_and_opened_again(graph):
    graph.activate()
    graph.until(lambda: graph.chunks)
    graph.device.fault = OSError('unplugged')
    graph.until(lambda: graph.says('device lost, device: unplugged'))
    assert graph.statuses[-1].level == DiagnosticStatus.ERROR
    graph.device.fault = None
    graph.chunks.clear()
    graph.until(lambda: graph.chunks)
    assert graph.device.opened == 2


def test_without_joint_states_nothing_is_sent(graph):
    graph.activate()
    graph.until(lambda: graph.chunks)
    graph.other.destroy_publisher(graph.joint_states)
    graph.joint_states = graph.other.create_publisher(JointState, 'elsewhere', STATE)
    graph.until(lambda: graph.says('joint_states stale'))


def test_deactivated_it_lets_go_of_the_device_and_comes_back(graph):
    graph.activate()
    graph.until(lambda: graph.chunks)
    device = graph.device
    assert graph.node.trigger_deactivate() == SUCCESS
    assert device.closed == 1
    graph.chunks.clear()
    assert graph.node.trigger_activate() == SUCCESS
    graph.until(lambda: graph.chunks)
    assert graph.device is not device


def test_what_the_cell_has_not_keeps_it_from_being_configured(graph, tmp_path):
    device_file(tmp_path, joints={MOTORS[0]: {'joint': MOTORS[0]}})
    assert graph.node.trigger_configure() != SUCCESS
    assert 'group arm: missing shoulder_lift' in graph.node.failure


def test_joints_that_overtake_the_clock_of_a_simulator_are_not_from_the_future(
    ros, tmp_path, monkeypatch
):
    """The two come on different topics, and the machine is busy."""
    graph = Graph(tmp_path, monkeypatch, use_sim_time='true')
    clock = graph.other.create_publisher(Clock, '/clock', 1)
    graph.ahead_ns = to_ns(0.3)
    began_s = time.monotonic()

    def tick() -> None:
        clock.publish(Clock(clock=to_time(to_ns(10.0 + time.monotonic() - began_s))))

    graph.other.create_timer(0.02, tick)
    graph.activate()
    graph.until(lambda: graph.says(LEADING))
    assert len(graph.chunks) > 0
    # Far ahead they are stamped by another clock.
    graph.ahead_ns = to_ns(5.0)
    graph.until(lambda: graph.says('in the future'))
    graph.close()
