"""The policy server beside the tutorial's node and LeRobot's asynchronous server and client.

    python benchmarks/policy_server.py --seconds 60

Same checkpoint, same frames (640x480 at 30 Hz), same joint motion, one contender at a time.
`latency` is from the capture of a frame to the first action made from it, `age` how old the
frame behind the action is in each control period, `overhead` the latency without the network.
LeRobot's client takes its frames from memory; the other two get them through ROS.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
import json
import math
import os
from pathlib import Path
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

import cv2
import numpy as np
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from sensor_msgs.msg import Image, JointState
from support.own_files import write_deployment
from support.waiting import wait_for
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_contract.cli.command import write_json
from vla_contract.deployment.deployment import load_deployment
from vla_contract.ros.free_domain import enter_own_domain
from vla_contract.ros.messages.images import image_to_msg
from vla_contract.ros.messages.joints import joints_to_msg
from vla_contract.ros.qos import COMMAND, STATE
from vla_contract.share import find_model
from vla_contract.stamps import from_stamp
from vla_contract.values import JointSample
from vla_policy_server.self_test.golden_frames import GOLDEN_FRAMES, load_golden_frames
import yaml

SERVING = Path(__file__).parent / 'serving'
DEPLOYMENT = load_deployment('panda_lift_cube')
CELL, RATE_HZ = DEPLOYMENT.cell, DEPLOYMENT.policy.rate_hz
MODEL = find_model('panda_lift_act')
PERIOD_S = 1.0 / RATE_HZ
# Nobody counts how a contender starts: how long that may take, and what more it gets to warm up.
START_UP_S, WARM_UP_S = 120.0, 3.0


@dataclass
class Row:
    """What one contender did; times in milliseconds."""

    name: str
    latency_ms: list[float]
    age_ms: list[float]
    starved: int
    overhead_ms: list[float]

    def text(self) -> str:
        """Return the row of the table."""
        cells = [_pair(values) for values in (self.latency_ms, self.age_ms, self.overhead_ms)]
        return f'{self.name:<34}{cells[0]:>16}{cells[1]:>16}{self.starved:>9}{cells[2]:>16}'

    def numbers(self) -> dict[str, Any]:
        """Return the figures for JSON."""
        figures: dict[str, Any] = {'starved_periods': self.starved}
        for name in ('latency', 'age', 'overhead'):
            values = getattr(self, f'{name}_ms')
            for percent in (50, 99):
                key = f'{name}_p{percent}_ms'
                figures[key] = float(np.percentile(values, percent)) if values else None
        return figures


def _pair(values: list[float]) -> str:
    return '/'.join(f'{np.percentile(values, p):.1f}' for p in (50, 99)) if values else '-'


def frames() -> list[np.ndarray]:
    """Return camera frames of 640x480 whose centre shows what the policy knows."""
    golden = load_golden_frames(DEPLOYMENT, MODEL / GOLDEN_FRAMES)
    pictures = []
    for seen in golden.observations:
        canvas = np.full((480, 640, 3), 128, np.uint8)
        canvas[:, 80:560] = cv2.resize(seen.images['top'], (480, 480))
        pictures.append(canvas)
    return pictures


class Robot:
    """Publishes frames and joints, and looks at its plan once per control period."""

    def __init__(self, pictures: list[np.ndarray]) -> None:
        rclpy.init()
        self.node = node = rclpy.create_node('robot')
        self._pictures = pictures
        self._images = node.create_publisher(Image, 'camera/color/image_raw', STATE)
        self._joints = node.create_publisher(JointState, 'joint_states', STATE)
        self.arrivals: list[tuple[int, int]] = []
        self.actions: list[int] = []
        self.ages_ms: list[float] = []
        self.starved = 0
        self._chunk: JointTrajectory | None = None
        node.create_subscription(JointTrajectory, 'policy_chunk', self._on_chunk, COMMAND)
        node.create_subscription(
            JointTrajectoryPoint,
            'policy_action',
            lambda _: self.actions.append(time.time_ns()),
            10,
        )
        node.create_timer(1 / 30, self._show)
        node.create_timer(1 / 100, self._measure)
        node.create_timer(PERIOD_S, self._control)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        self._thread = threading.Thread(target=self._spin)
        self._thread.start()

    def forget(self) -> None:
        """Start to count."""
        self.arrivals, self.actions, self.ages_ms, self.starved = [], [], [], 0

    def close(self) -> None:
        """Leave."""
        self._executor.shutdown()
        self._thread.join()
        self.node.destroy_node()
        rclpy.try_shutdown()

    def _spin(self) -> None:
        with suppress(ExternalShutdownException):
            self._executor.spin()

    def _show(self) -> None:
        stamp_ns = time.time_ns()
        picture = self._pictures[int(stamp_ns * 30 / 1e9) % len(self._pictures)]
        self._images.publish(image_to_msg(picture, stamp_ns, 'camera'))

    def _measure(self) -> None:
        stamp_ns = time.time_ns()
        position = CELL.home.copy()
        position[0] += 0.2 * math.sin(stamp_ns / 1e9)
        sample = JointSample(stamp_ns, position, np.zeros(len(position)))
        self._joints.publish(joints_to_msg(sample, CELL.joint_names))

    def _on_chunk(self, msg: JointTrajectory) -> None:
        self.arrivals.append((time.time_ns(), from_stamp(msg.header.stamp)))
        self._chunk = msg

    def _control(self) -> None:
        if self._chunk is None:
            return
        age_s = (time.time_ns() - from_stamp(self._chunk.header.stamp)) / 1e9
        self.starved += age_s >= len(self._chunk.points) * PERIOD_S
        self.ages_ms.append(1e3 * age_s)


@contextmanager
def process(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python program; interrupt it at the end and wait for it."""
    silent = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}
    running = subprocess.Popen([sys.executable, *words], **silent)
    try:
        yield running
    finally:
        running.send_signal(signal.SIGINT)
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()


def measure_for(seconds: float) -> None:
    """Let a contender run."""
    threading.Event().wait(seconds)


def ours(folder: Path, seconds: float, execute_steps: int) -> Row:
    """Measure the node policy_server at its default settings, but for how much it plays."""
    log = folder / f'ours-{execute_steps}.jsonl'
    size = {'cell.cameras.top.width': 640, 'cell.cameras.top.height': 480}
    deployment = str(write_deployment(folder, size))
    parameters = folder / 'parameters.yaml'
    values = {
        'autostart': True, 'deployment': deployment, 'backend': 'timed_policy:make',
        'execute_steps': execute_steps,
    }  # fmt: skip
    parameters.write_text(yaml.safe_dump({'/**': {'ros__parameters': values}}))
    os.environ['VLA_BENCH_LOG'] = str(log)
    robot = Robot(frames())
    module = 'vla_policy_server.ros.policy_server_node'
    try:
        with process('-m', module, '--ros-args', '--params-file', str(parameters)):
            wait_for(lambda: robot.arrivals, START_UP_S, 'the policy server')
            measure_for(WARM_UP_S)
            robot.forget()
            measure_for(seconds)
            arrivals, ages, starved = list(robot.arrivals), list(robot.ages_ms), robot.starved
    finally:
        robot.close()
    model_ns = {
        entry['stamp_ns']: entry['model']
        for entry in map(json.loads, log.read_text().splitlines())
    }
    known = [(now - seen, model_ns[seen]) for now, seen in arrivals if seen in model_ns]
    return Row(
        f'vla-deploy, {execute_steps} steps per inference',
        [latency / 1e6 for latency, _ in known],
        ages,
        starved,
        [(latency - model) / 1e6 for latency, model in known],
    )


def tutorial(folder: Path, seconds: float) -> Row:
    """Measure the tutorial's node."""
    log = folder / 'tutorial.json'
    robot = Robot(frames())
    node = str(SERVING / 'tutorial_node.py')
    try:
        with process(node, str(MODEL), str(RATE_HZ), str(log)):
            wait_for(lambda: robot.actions, START_UP_S, "the tutorial's node")
            measure_for(WARM_UP_S)
            start_ns = time.time_ns()
            measure_for(seconds)
    finally:
        robot.close()
    sent = [entry for entry in json.loads(log.read_text()) if entry[0] >= start_ns]
    gaps = np.diff([now for now, _, _ in sent]) / 1e9 / PERIOD_S
    return Row(
        "tutorial's node",
        [(now - seen) / 1e6 for now, seen, is_new in sent if is_new],
        [(now - seen) / 1e6 for now, seen, _ in sent],
        int(np.maximum(0, np.round(gaps) - 1).sum()),
        [],
    )


def lerobot(folder: Path, seconds: float) -> Row:
    """Measure LeRobot's policy_server and robot_client."""
    log, pictures = folder / 'lerobot.json', folder / 'frames.npy'
    np.save(pictures, np.stack(frames()))
    with socket.socket() as probe:
        probe.bind(('localhost', 0))
        port = str(probe.getsockname()[1])
    server = ('-m', 'lerobot.async_inference.policy_server', f'--port={port}', '--fps=10')
    # Without this it sleeps until a thirtieth of a second has passed.
    with process(*server, '--inference_latency=0'):
        wait_for(lambda: _is_open(int(port)), START_UP_S, "LeRobot's server")
        client = str(SERVING / 'lerobot_robot.py')
        duration = str(seconds + WARM_UP_S)
        subprocess.run(
            [sys.executable, client, str(MODEL), port, duration, str(pictures), str(log)],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    result = json.loads(log.read_text())
    first_s = result['actions'][0][0] + WARM_UP_S
    return Row(
        'lerobot 0.6.1 async',
        [1e3 * (now - seen) for now, seen in result['arrivals'] if now >= first_s],
        [1e3 * (now - seen) for now, seen in result['actions'] if now >= first_s],
        sum(now >= first_s for now in result['starved']),
        [],
    )


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(('localhost', port)) == 0


def main() -> int:
    """Measure one after the other and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=60.0, help='per contender')
    parser.add_argument('--json', type=Path)
    args = parser.parse_args()
    enter_own_domain()
    os.environ['PYTHONPATH'] = f'{SERVING}:{os.environ.get("PYTHONPATH", "")}'
    head = ('latency p50/p99', 'age p50/p99', 'starved', 'overhead p50/p99')
    print(f'{"all in ms":<34}{head[0]:>16}{head[1]:>16}{head[2]:>9}{head[3]:>18}')
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(folder)  # LeRobot leaves a folder of logs wherever it is
        for measure in (
            lambda: tutorial(folder, args.seconds),
            lambda: lerobot(folder, args.seconds),
            lambda: ours(folder, args.seconds, 4),
            lambda: ours(folder, args.seconds, 2),
        ):
            rows.append(measure())
            print(rows[-1].text(), flush=True)
    overhead = rows[-1].numbers()
    print(
        f'own overhead p50 {overhead["overhead_p50_ms"]:.1f} ms (allowed 8), '
        f'p99 {overhead["overhead_p99_ms"]:.1f} ms (allowed 15)'
    )
    if args.json:
        write_json(args.json, {row.name: row.numbers() for row in rows})
    return int(overhead['overhead_p50_ms'] > 8 or overhead['overhead_p99_ms'] > 15)


if __name__ == '__main__':
    sys.exit(main())
