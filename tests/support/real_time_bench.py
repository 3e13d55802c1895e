"""The real filter process in front of the double of ros2_control, over DDS and in real time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from support.fake_robot.motor_log import motor_report, MotorReport
from support.fake_robot.setups import ARM, FORWARD, GRIPPER
from support.own_files import write_deployment
from support.python_path import python_path
from support.waiting import wait_for
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.cell import load_cell
from vla_contract.ros.messages.joints import chunk_to_msg
from vla_contract.ros.question import introduction
from vla_contract.stamps import from_stamp
from vla_contract.values import ActionChunk, to_ns

CELL = load_cell('panda_table')
JOINTS = CELL.joint_names
VELOCITY = {joint.name: joint.velocity for joint in CELL.joints}
ACCELERATION = {joint.name: joint.acceleration for joint in CELL.joints}
# At the motors, for servos with a lag of 20 ms: differences over a millisecond.
ALLOWED_VELOCITY, ALLOWED_ACCELERATION = 1.001, 1.2
CHANNELS = {
    'all_joints': [('robot', 'joint_trajectory', ARM, JOINTS)],
    'split': [
        ('arm', 'joint_trajectory', ARM, JOINTS[:-1]),
        ('gripper', 'joint_trajectory', GRIPPER, JOINTS[-1:]),
    ],
    'forward': [('robot', 'forward_position', FORWARD, JOINTS)],
}
_CHUNK_S, _STEP_S = 0.2, 0.1
_PRIORITY = 60


@dataclass(frozen=True)
class Writes:
    """What a log of the double holds, as `motor_report` reads it."""

    joints: tuple[str, ...]
    times_ns: np.ndarray
    commands: np.ndarray
    positions: np.ndarray

    @property
    def claimed(self) -> np.ndarray:
        """Every joint, always: no controller was switched off."""
        return np.ones_like(self.commands, bool)


def in_folder(keep: Path | None, body: Callable[[Path], int]) -> int:
    """Run a body in a folder that is kept, or in one that is not; returns its exit status."""
    with tempfile.TemporaryDirectory() as name:
        folder = keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        return body(folder)


class RealTimeBench:
    """A node with a thread: a policy that sways the arm, an operator, and a look at the motors.

    Attributes:
        deployment: path of the deployment's file.
        is_driving: whether the policy sends chunks.
        status: what the filter says.
        values: what it says beside.
        speed: of the fastest joint of the newest action [rad/s].
        other_stops: what latched the filter while it was to move.
        actions: stamps [ns] and joints of what the arm is told.
    """

    def __init__(self, folder: Path, deployment: Path, domain_id: int) -> None:
        """Join a domain."""
        self._folder, self.deployment = folder, str(deployment)
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=domain_id)
        self.node = rclpy.create_node('bench', context=self.context)
        self.is_driving, self.status, self.speed = False, '', 0.0
        self.values: dict[str, str] = {}
        self.other_stops: list[str] = []
        self.actions: list[tuple[int, np.ndarray]] = []
        self.chunks = self.node.create_publisher(JointTrajectory, 'policy_chunk', 10)
        self.node.create_subscription(
            DiagnosticStatus, 'action_filter/status', self._on_status, 10
        )
        self.node.create_subscription(
            JointState, 'action_filter/action', self._on_action, QoSProfile(depth=1000)
        )
        self._clients = {
            name: self.node.create_client(Trigger, name)
            for name in ('action_filter/reset', 'fake_robot/dump')
        }
        self.node.create_timer(_CHUNK_S, self._send_chunk)
        # The first request of a client that the server has not found yet gets no answer.
        self.introductions = [
            introduction(self.node, name) for name in ('action_filter', 'controller_manager')
        ]
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self._thread = threading.Thread(target=self.executor.spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave."""
        self.executor.shutdown()
        self._thread.join()
        rclpy.try_shutdown(context=self.context)

    def call(self, name: str) -> Trigger.Response:
        """Call a service of its list."""
        client = self._clients[name]
        wait_for(client.service_is_ready, 30.0, name)
        future = client.call_async(Trigger.Request())
        wait_for(future.done, 60.0, f'an answer of {name}; status {self.status}')
        return future.result()

    def reset(self) -> None:
        """Leave the latch as soon as the filter lets one."""
        wait_for(lambda: self.call('action_filter/reset').success, 30.0, 'the reset')
        wait_for(lambda: not self.status.startswith('latched'), 30.0, 'the latch to open')

    def ask_reset(self) -> None:
        """Ask for a reset, whatever the answer."""
        if self._clients['action_filter/reset'].service_is_ready():
            self._clients['action_filter/reset'].call_async(Trigger.Request())

    def wait_for_motion(self, rad_s: float) -> None:
        """Wait until the fastest joint is told to go at least at a speed [rad/s]."""

        def moves() -> bool:
            if self.status.startswith('latched'):
                # On a machine with more load than that of the trial, joint_states come late too.
                self.other_stops.append(self.status)
                self.reset()
            return self.speed >= rad_s and time.time_ns() - self.actions[-1][0] < to_ns(0.1)

        wait_for(moves, 60.0, 'motion')

    def wait_for_status(self, text: str) -> None:
        """Wait until the filter says something that begins so."""
        wait_for(lambda: self.status.startswith(text), 30.0, f'{text}, not {self.status}')

    def writes(self) -> tuple[Writes, dict[str, Any]]:
        """Return what the motors got, and what the controllers said."""
        said = json.loads(self.call('fake_robot/dump').message)
        with np.load(self._folder / 'motors.npz') as log:
            names = tuple(str(name) for name in log['joints'])
            return Writes(names, log['times_ns'], log['commands'], log['positions']), said

    def _send_chunk(self) -> None:
        if not self.is_driving:
            return
        t = time.monotonic() + _STEP_S * np.arange(16)
        points = np.tile(CELL.home, (16, 1))
        points[:, [0, 4, 6]] += 0.4 * np.sin(3.0 * t)[:, None]
        points[:, -1] = np.where(t % 2.0 < 1.0, 0.0, 0.6)
        now_ns = self.node.get_clock().now().nanoseconds
        self.chunks.publish(chunk_to_msg(ActionChunk(now_ns, to_ns(_STEP_S), points), JOINTS))

    def _on_status(self, msg: DiagnosticStatus) -> None:
        self.status = msg.message
        self.values = {value.key: value.value for value in msg.values}

    def _on_action(self, msg: JointState) -> None:
        stamp_ns, position = from_stamp(msg.header.stamp), np.array(msg.position)
        if self.actions and 0 < stamp_ns - self.actions[-1][0] < to_ns(0.05):
            step_s = (stamp_ns - self.actions[-1][0]) / 1e9
            self.speed = float(np.abs(position - self.actions[-1][1])[:7].max()) / step_s
        self.actions.append((stamp_ns, position))


@contextmanager
def real_time_bench(
    folder: Path,
    domain_id: int,
    setup: str = 'all_joints',
    is_desired: bool = True,
    log_s: float = 900.0,
    parameters: tuple[str, ...] = (),
    load: int = 2,
) -> Iterator[tuple[RealTimeBench, 'subprocess.Popen[bytes]']]:
    """Start the double, the filter and busy loops beside a bench.

    Args:
        folder: for the deployment's file and the log of the motors.
        domain_id: ROS domain.
        setup: one of CHANNELS.
        is_desired: interpolate_from_desired_state of every trajectory controller.
        log_s: how much of the newest past is kept of what the motors get [s].
        parameters: of the filter, 'name:=value'.
        load: number of busy loops.
    """
    deployment = write_deployment(folder, {'robot.channels': channels(setup)})
    double = (
        f'setup:={setup}', 'lag_s:=0.02', f'log_path:={folder}/motors.npz', f'log_s:={log_s}',
        f'interpolate_from_desired_state:={str(is_desired).lower()}',
    )  # fmt: skip
    processes = [
        _start('support.fake_robot.ros2_control_node', domain_id, *double, priority=_PRIORITY)
    ]
    busy = [subprocess.Popen([sys.executable, '-c', 'while True: pass']) for _ in range(load)]
    settings = ('autostart:=true', f'deployment:={deployment}', *parameters)
    core = _start('vla_action_filter.ros.action_filter_node', domain_id, *settings)
    processes.append(core)
    bench = RealTimeBench(folder, deployment, domain_id)
    try:
        for question in bench.introductions:
            wait_for(question.is_answered, 60.0, 'the filter and the double')
        bench.wait_for_status('hold: no chunk')
        yield bench, core
    finally:
        for process in busy:
            process.kill()
            process.wait()
        for process in reversed(processes):
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()
        bench.close()


def channels(setup: str) -> list[dict[str, Any]]:
    """Return the channels of a set-up as a robot's file has them."""
    return [
        {'name': name, 'kind': kind, 'controller': controller, 'joints': list(joints)}
        for name, kind, controller, joints in CHANNELS[setup]
    ]


def motors(writes: Writes, said: dict[str, Any]) -> tuple[MotorReport, bool]:
    """Judge a whole log; returns the report and whether it holds."""
    refused = sum(controller.get('refused', 0) for controller in said.values())
    report = motor_report(writes, JOINTS, VELOCITY, ACCELERATION, refused)  # type: ignore[arg-type]
    holds = (
        report.velocity <= ALLOWED_VELOCITY
        and report.acceleration <= ALLOWED_ACCELERATION
        and report.refused == report.not_finite == 0
    )
    return report, holds


def worst_moments(writes: Writes, count: int = 5) -> list[str]:
    """Return the times, joints and shares of the hardest accelerations, for whoever looks."""
    rate = np.diff(writes.commands, axis=0) * 1e3
    shares = np.abs(np.diff(rate, axis=0)) * 1e3 / [ACCELERATION[name] for name in writes.joints]
    rows = np.argsort(np.nan_to_num(shares).max(axis=1))[::-1]
    lines: list[str] = []
    seen: list[int] = []
    for row in rows:
        if all(abs(int(row) - other) > 100 for other in seen):
            seen.append(int(row))
            column = int(np.nanargmax(shares[row]))
            at_s = (writes.times_ns[row + 1] - writes.times_ns[0]) / 1e9
            lines.append(f'{at_s:.3f} s {writes.joints[column]}: {shares[row, column]:.2f}')
        if len(seen) == count:
            break
    return lines


def _start(
    module: str, domain_id: int, *parameters: str, priority: int = 0
) -> 'subprocess.Popen[bytes]':
    command = [sys.executable, '-m', module, '--ros-args']
    command += [word for each in parameters for word in ('-p', each)]
    environment = {
        **os.environ,
        'ROS_DOMAIN_ID': str(domain_id),
        'PYTHONPATH': python_path(),
    }
    return subprocess.Popen(
        command,
        env=environment,
        preexec_fn=lambda: _be_robot(priority),
    )


def _be_robot(priority: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if priority:
        # As ros2_control_node does; where the system refuses it, the double is late sometimes.
        with suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
