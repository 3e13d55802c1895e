"""`vla teleop run` as a person meets it: a wild hand within limits, keys of a terminal, Ctrl-C."""

from collections.abc import Callable, Iterator
import fcntl
import os
from pathlib import Path
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import threading
import time

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from support.command import is_running
from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.deployment import load_deployment
from vla_contract.filter_status import FilterStatus, ReasonCode, Verdict
from vla_contract.kinematics.tool_kinematics import ToolKinematics
from vla_contract.ros.messages.filter_status import status_of
from vla_contract.ros.qos import STATE
from vla_contract.ros.testing import ros  # noqa: F401
from vla_contract.stamps import from_stamp
from vla_lerobot.features import ACTION
from vla_lerobot.record_columns import INTERVENTION, PLANNED
from vla_rollout.recording.frames import recorded_frames
import yaml

TELEOP = 'vla_rollout.graph.ros.teleoperate'
ROOT = Path(__file__).parents[2]
EVERY = QoSProfile(depth=1000)
READY_S = 300.0


class Listener:
    """What the action filter sends, and what it and the device say."""

    def __init__(self) -> None:
        self.node = rclpy.create_node('listener')
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self.actions: list[tuple[int, np.ndarray]] = []
        self.filter: FilterStatus | None = None
        self.teleop = ''
        create = self.node.create_subscription
        create(JointState, 'action_filter/action', self._on_action, EVERY)
        create(DiagnosticStatus, 'action_filter/status', self._on_status, STATE)
        create(DiagnosticStatus, 'teleop/status', self._on_teleop, STATE)

    def _on_action(self, msg: JointState) -> None:
        self.actions.append((from_stamp(msg.header.stamp), np.array(msg.position)))

    def _on_status(self, msg: DiagnosticStatus) -> None:
        self.filter = status_of(msg)

    def _on_teleop(self, msg: DiagnosticStatus) -> None:
        self.teleop = msg.message

    def until(
        self, condition: Callable[[], object], each: Callable[[], object], what: str
    ) -> None:
        deadline = time.monotonic() + READY_S
        while not condition():
            assert time.monotonic() < deadline, f'waited for {what}; {self.teleop}; {self.filter}'
            each()
            self.executor.spin_once(timeout_sec=0.02)


@pytest.fixture
def listener(ros) -> Iterator[Listener]:  # noqa: F811
    listener = Listener()
    yield listener
    listener.node.destroy_node()


def waving_hand(folder: Path, **options: float) -> Path:
    """Write the file of a simulated leader whose hand waves."""
    values = yaml.safe_load((ROOT / 'config' / 'teleoperators/simulated_leader.yaml').read_text())
    values['options'] |= options
    # A pause of a busy machine takes no more than the clutch out.
    values['mode'] = 'relative'
    device = folder / 'waving.yaml'
    device.write_text(yaml.safe_dump(values))
    return device


def test_a_wild_hand_moves_the_arm_within_its_limits(start, listener, tmp_path):
    # 7 rad/s, nearly twice as fast as the joints may turn.
    device = waving_hand(tmp_path, amplitude_rad=0.8, period_s=0.7)
    arguments = ['--deployment', 'so101_lift_cube', '--device', str(device)]
    command = start(TELEOP, *arguments, '--domain-id', os.environ['ROS_DOMAIN_ID'])
    alive = lambda: command.process.poll() is None or pytest.fail(command.output)  # noqa: E731
    cell = load_cell('so101_table')
    limits = np.array([joint.velocity for joint in cell.joints])[list(cell.arm)]

    def has_been_fast() -> bool:
        return len(listener.actions) > 150 and _speeds(listener.actions).max() > 1.5

    listener.until(has_been_fast, alive, 'a hand that leads')
    speeds = _speeds(listener.actions)
    assert (speeds <= limits * 1.001 + 1e-3).all()
    positions = np.array([position for _, position in listener.actions])
    assert (positions >= [joint.lower - 1e-9 for joint in cell.joints]).all()
    assert (positions <= [joint.upper + 1e-9 for joint in cell.joints]).all()
    assert listener.filter.human == ('arm',)
    children = command.children()
    assert set(children) == {'mujoco_bridge', 'action_filter_node', 'teleop_node'}
    command.process.send_signal(signal.SIGINT)
    assert command.finish() == 130
    assert 'Traceback' not in command.output
    assert not any(map(is_running, children.values()))


def test_demonstrations_are_recorded_and_say_that_a_human_led(start, tmp_path):
    arguments = ['--deployment', 'so101_lift_cube', '--device', str(waving_hand(tmp_path))]
    counted = ['--episodes', '1', '--time-limit-s', '4', '--runs', str(tmp_path / 'runs')]
    command = start(TELEOP, *arguments, *counted)
    # A hand that waves lifts nothing.
    assert command.finish() == 1, command.output
    wanted = r'timeout: a human commanded (100|9\d)% of the time'
    assert re.search(wanted, command.output), command.output
    assert '0 of 1 demonstrations show the task' in command.output
    (recording,) = (tmp_path / 'runs').rglob('*.mcap')
    frames = list(recorded_frames(recording, load_deployment('so101_lift_cube')))
    assert len(frames) > 20
    assert all(frame[INTERVENTION][0] for frame in frames)
    planned = [frame for frame in frames if frame[PLANNED][0]]
    assert len(planned) > 20
    assert np.ptp([frame[ACTION] for frame in planned], axis=0).max() > 0.2


def _speeds(actions: list[tuple[int, np.ndarray]]) -> np.ndarray:
    """Return speeds of the arm between commands of consecutive cycles, shape (N, 5) [rad/s]."""
    stamps = np.array([stamp for stamp, _ in actions])
    positions = np.array([position for _, position in actions])[:, :5]
    periods = np.diff(stamps) * 1e-9
    is_next = (periods > 0.005) & (periods < 0.015)
    return np.abs(np.diff(positions, axis=0)[is_next] / periods[is_next, None])


class Terminal:
    """A terminal of its own in which the command runs in the foreground."""

    def __init__(self, arguments: list[str], folder: Path) -> None:
        self.here, self.there = pty.openpty()
        self.before = termios.tcgetattr(self.there)
        self.said = ''
        self.process = subprocess.Popen(
            [sys.executable, '-m', TELEOP, *arguments],
            cwd=folder,
            stdin=self.there,
            stdout=self.there,
            stderr=self.there,
            start_new_session=True,
            preexec_fn=self._take_terminal,
        )

    @staticmethod
    def _take_terminal() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def read(self) -> None:
        while select.select([self.here], [], [], 0.0)[0]:
            self.said += os.read(self.here, 4096).decode(errors='replace')
        assert self.process.poll() is None, self.said

    def press(self, keys: str) -> None:
        os.write(self.here, keys.encode())

    def end(self) -> int:
        """Press Ctrl-C and read on until it has ended."""
        self.press('\x03')
        pause = threading.Event()
        deadline = time.monotonic() + 60.0
        while self.process.poll() is None and time.monotonic() < deadline:
            while select.select([self.here], [], [], 0.0)[0]:
                self.said += os.read(self.here, 4096).decode(errors='replace')
            pause.wait(0.02)
        return self.process.wait(1.0)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60.0)
        os.close(self.here)
        os.close(self.there)


@pytest.fixture
def terminal(tmp_path) -> Iterator[Terminal]:
    arguments = ['--deployment', 'panda_lift_cube', '--device', 'keyboard']
    terminal = Terminal([*arguments, '--domain-id', os.environ['ROS_DOMAIN_ID']], tmp_path)
    yield terminal
    terminal.close()


def test_held_keys_move_the_tool_and_who_lets_go_stops_it(listener, terminal):
    kinematics, cell = ToolKinematics(load_cell('panda_table')), load_cell('panda_table')

    def height() -> float:
        if not listener.actions:
            return -1.0
        return float(kinematics.poses(cell.robot.tool, listener.actions[-1][1])[2, 3])

    start = float(kinematics.poses(cell.robot.tool, cell.home)[2, 3])
    listener.until(lambda: 'let go' in listener.teleop, terminal.read, 'the keyboard')
    assert 'keys, held down: w forward' in terminal.said

    def hold() -> None:
        terminal.read()
        terminal.press('r')

    listener.until(lambda: height() > start + 0.03, hold, 'the tool to rise')
    standing = Verdict.HOLD, ReasonCode.NO_TELEOP
    listener.until(
        lambda: (listener.filter.verdict, listener.filter.reason.code) == standing,
        terminal.read,
        'the arm to be held',
    )
    assert terminal.end() == 130
    assert 'Traceback' not in terminal.said
    assert termios.tcgetattr(terminal.there) == terminal.before


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--device', 'joystick'], "configuration 'joystick' is not in config/teleoperators"),
        (
            ['--device', 'so101_leader'],
            "'elbow_flex' is not in cell panda_table",
        ),
        (['--cell', 'moon'], "configuration 'moon' is not in config/cells"),
    ],
    ids=['device', 'joints', 'cell'],
)
def test_what_cannot_be_starts_nothing(start, arguments, said):
    command = start(TELEOP, *arguments)
    assert command.finish() == 2
    assert said in command.output
    assert 'starting' not in command.output
