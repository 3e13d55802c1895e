"""End a real filter by signals while it moves the arm: did it brake, and end in order?

    python benchmarks/endurance/end_filter.py --times 100

Each trial sends one to three of SIGINT, SIGTERM, SIGHUP and SIGQUIT, up to 0.5 s apart. Exit
status 0 when every filter brought the arm to rest and ended with status 0 and no traceback.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
import signal
import subprocess
import sys
import tempfile
import threading

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from support.waiting import wait_for
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.cell import load_cell
from vla_contract.ros.free_domain import enter_own_domain
from vla_contract.ros.messages.joints import chunk_to_msg, joints_to_msg
from vla_contract.ros.qos import COMMAND, STATE
from vla_contract.values import ActionChunk, JointSample, to_ns

CELL = load_cell('panda_table')
DT = 1.0 / CELL.rates.filter_hz
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_MOVING_RAD_S = 0.5
# One cycle's braking is 0.01 rad/s at the least.
_REST_RAD_S = 1e-3


class MovingArm:
    """A robot that goes where it is told, and a policy that swings its first joint."""

    def __init__(self) -> None:
        """Publish joint states and chunks from a thread."""
        self._node = node = Node('moving_arm')
        self._position = CELL.home
        self.commands: list[np.ndarray] = []
        self._joints = node.create_publisher(JointState, 'joint_states', STATE)
        self._chunks = node.create_publisher(JointTrajectory, 'policy_chunk', COMMAND)
        node.create_subscription(
            JointState, 'action_filter/action', self._on_action, QoSProfile(depth=1000)
        )
        # The controller: where nobody listens to it, the filter moves nothing.
        commands = 'joint_trajectory_controller/joint_trajectory'
        node.create_subscription(JointTrajectory, commands, lambda msg: None, COMMAND)
        self._status = ''
        node.create_subscription(DiagnosticStatus, 'action_filter/status', self._on_status, STATE)
        self._reset = node.create_client(Trigger, 'action_filter/reset')
        node.create_timer(0.01, self._measure)
        node.create_timer(0.2, self._swing)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self._thread.join()
        self._node.destroy_node()

    @property
    def speed(self) -> float:
        """How fast the newest commands are, of the fastest joint [rad/s]."""
        return float(np.abs(np.diff(self.commands[-2:], axis=0)).max(initial=0.0) / DT)

    def set_off(self) -> bool:
        """Return whether the arm moves fast; a loaded machine may have had the filter latch."""
        if self._status.startswith('latched') and self._reset.service_is_ready():
            self._status = ''
            self._reset.call_async(Trigger.Request())
        return self.speed > _MOVING_RAD_S

    def _on_action(self, msg: JointState) -> None:
        self._position = np.array(msg.position)
        self.commands.append(self._position)

    def _on_status(self, msg: DiagnosticStatus) -> None:
        self._status = msg.message

    def _now_ns(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)

    def _measure(self) -> None:
        sample = JointSample(self._now_ns(), self._position, np.zeros(len(CELL.joints)))
        self._joints.publish(joints_to_msg(sample, CELL.joint_names))

    def _swing(self) -> None:
        now_ns = self._now_ns()
        positions = np.tile(CELL.home, (16, 1))
        positions[:, 0] += np.sin(2.0 * (now_ns / 1e9 + 0.1 * np.arange(16)))
        chunk = ActionChunk(now_ns, to_ns(0.1), positions)
        self._chunks.publish(chunk_to_msg(chunk, CELL.joint_names))


@dataclass(frozen=True)
class End:
    """How a filter ended."""

    speed_before: float
    speed_after: float
    status: int
    output: str

    @property
    def is_good(self) -> bool:
        """Whether it braked and ended in order."""
        in_order = self.status == 0 and 'Traceback' not in self.output
        return self.speed_before > _MOVING_RAD_S and self.speed_after < _REST_RAD_S and in_order


def end_filter(numbers: list[int], pauses_s: list[float], folder: Path) -> End:
    """Start a filter, wait until the arm moves fast, send signals, and see how it ends."""
    command = [sys.executable, '-m', 'vla_action_filter.ros.action_filter_node', '--ros-args']
    command += ['-p', 'autostart:=true', '-p', 'realtime_priority:=0']
    log = folder / 'filter.log'
    with log.open('wb') as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    arm = MovingArm()
    try:
        wait_for(arm.set_off, 60.0, f'motion; see {log}')
        before = arm.speed
        pause = threading.Event()
        for number, pause_s in zip(numbers, pauses_s, strict=True):
            pause.wait(pause_s)
            if process.poll() is None:
                process.send_signal(number)
        status = process.wait(20.0)
        wait_for(lambda: _is_settled(arm), 5.0, 'the last command')
        return End(before, arm.speed, status, log.read_text(errors='replace'))
    finally:
        process.kill()
        process.wait()
        arm.close()


def _is_settled(arm: MovingArm) -> bool:
    """Return whether nothing more comes of what was sent."""
    count = len(arm.commands)
    threading.Event().wait(0.1)
    return len(arm.commands) == count


def random_signals(rng: np.random.Generator) -> tuple[list[int], list[float]]:
    """Return one to three signals and the pauses before them [s]."""
    count = int(rng.integers(1, 4))
    numbers = [SIGNALS[i] for i in rng.integers(len(SIGNALS), size=count)]
    longest_s = rng.choice([0.0, 0.05, 0.5])
    return numbers, [0.0, *(float(s) for s in rng.uniform(0.0, longest_s, count - 1))]


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--times', type=int, default=100)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    enter_own_domain()
    rclpy.init(args=[])
    good = 0
    with tempfile.TemporaryDirectory() as folder:
        for trial in range(args.times):
            numbers, pauses_s = random_signals(rng)
            end = end_filter(numbers, pauses_s, Path(folder))
            good += end.is_good
            names = ' '.join(signal.Signals(number).name for number in numbers)
            print(
                f'{trial + 1} {names}: {end.speed_before:.2f} -> {end.speed_after:.6f} rad/s, '
                f'status {end.status}, {"good" if end.is_good else "BAD"}',
                flush=True,
            )
            if not end.is_good:
                print(end.output, file=sys.stderr)
    rclpy.try_shutdown()
    print(f'{good} of {args.times} braked and ended in order')
    return 0 if good == args.times else 1


if __name__ == '__main__':
    sys.exit(main())
