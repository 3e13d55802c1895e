"""Record two 640x480 cameras at 30 Hz and joints at 100 Hz; count what is missing.

    python benchmarks/endurance/soak_recorder.py --minutes 10 --json runs/soak_recorder.json

Every minute is an episode, whose messages are numbered, counted and deleted: they would fill
33 GB. Beside it runs the action filter, whose period is compared with a minute before and a
minute after without the recorder. Exit status 1 when a message is missing or the 99th percentile
of the period grows by more than a millisecond.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import signal
import struct
import subprocess
import sys
import tempfile
import time

from diagnostic_msgs.msg import DiagnosticArray
from mcap.reader import make_reader
import numpy as np
import rclpy
from rclpy.node import Node
from std_srvs.srv import Trigger
from tqdm import tqdm
from vla_contract.cli.command import DONE, NOT_GOOD_ENOUGH, write_json
from vla_contract.ros.free_domain import enter_own_domain
from vla_contract.ros.qos import STATE
from vla_contract.schema import load_yaml
from vla_contract.share import find_config
import yaml

EPISODE_S = 60.0
MOST_ADDED_MS = 1.0
# Ten seconds of cycles are in one report of the filter, so every tenth is of other cycles.
WINDOW_S = 10.0
TOPICS = ('joint_states', 'camera/left/image_raw', 'camera/right/image_raw')


class Desk(Node):
    """Gives the recorder its orders and reads what the filter and the recorder report."""

    def __init__(self) -> None:
        super().__init__('soak_recorder')
        self.reports: dict[str, list[tuple[float, dict[str, str]]]] = defaultdict(list)
        self.create_subscription(DiagnosticArray, 'diagnostics', self._on_diagnostics, STATE)

    def order(self, name: str) -> str:
        client = self.create_client(Trigger, f'recorder/{name}')
        if not self.spin(120.0, client.service_is_ready):
            raise TimeoutError(f'no service recorder/{name}')
        future = client.call_async(Trigger.Request())
        self.spin(300.0, future.done)
        if not future.result().success:
            raise RuntimeError(future.result().message)
        return str(future.result().message)

    def spin(self, seconds: float, until=lambda: False) -> bool:
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            rclpy.spin_once(self, timeout_sec=0.1)
        return bool(until())

    def period_p99_ms(self, since: float) -> float:
        """Return the 99th percentile of the filter's period, averaged over windows [ms]."""
        values, next_s = [], since + WINDOW_S
        for arrived_s, report in self.reports['action_filter']:
            if arrived_s >= next_s and 'period_ms_p99' in report:
                values.append(float(report['period_ms_p99']))
                next_s = arrived_s + WINDOW_S
        return float(np.mean(values))

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            values = {value.key: value.value for value in status.values}
            self.reports[status.name].append((time.monotonic(), values))


def cell_file(folder: Path) -> Path:
    """Write the cell of a Panda with two cameras."""
    cell = load_yaml(find_config('cells', 'panda_table'))
    size = {'width': 640, 'height': 480, 'rate_hz': 30.0}
    (camera,) = cell['cameras']
    cell['cameras'] = [
        {**camera, **size, 'name': name, 'topic': f'camera/{name}'} for name in ('left', 'right')
    ]
    path = folder / 'two_cameras.yaml'
    path.write_text(yaml.safe_dump(cell))
    return path


@contextmanager
def running(log: Path, *command: str) -> Iterator[None]:
    """Run a Python program while the block runs; without a session of its own, so that all share
    the priority of this one."""
    with log.open('w') as output:
        process = subprocess.Popen([sys.executable, *command], stdout=output, stderr=output)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60.0)


def parameters(name: str, **values: object) -> list[str]:
    """Return the arguments of a node with its shipped parameters and some others."""
    config = find_config('stacks', 'sim').parent.parent / f'{name}.yaml'
    pairs = [f'{key}:={value}' for key, value in {'autostart': 'true', **values}.items()]
    arguments = ['--ros-args', '--params-file', str(config)]
    return arguments + [word for pair in pairs for word in ('-p', pair)]


def count_messages(path: Path) -> dict[str, tuple[int, int]]:
    """Return how many messages of each topic are recorded, and how many of those between miss."""
    numbers: dict[str, list[int]] = defaultdict(list)
    with path.open('rb') as stream:
        for _, channel, message in make_reader(stream).iter_messages():
            topic = channel.topic.strip('/')
            if topic in TOPICS:
                # CDR: 4 bytes of encapsulation, the stamp, then the length and text of frame_id.
                (length,) = struct.unpack_from('<I', message.data, 12)
                numbers[topic].append(int(message.data[16 : 16 + length - 1]))
    return {
        topic: (len(found), max(found) - min(found) + 1 - len(set(found)))
        for topic, found in numbers.items()
    }


def soak(minutes: int, folder: Path) -> dict[str, object]:
    """Run everything; return the figures."""
    cell = str(cell_file(folder))
    recorded, missing = dict.fromkeys(TOPICS, 0), dict.fromkeys(TOPICS, 0)
    without, during = [], []
    filter_node = ('-m', 'vla_action_filter.ros.action_filter_node')
    recorder_node = ('-m', 'vla_rollout.recording.ros.recorder_node')
    desk = Desk()

    def wait_without() -> None:
        began = time.monotonic()
        desk.spin(EPISODE_S)
        without.append(desk.period_p99_ms(began))

    with (
        running(folder / 'robot.log', str(Path(__file__).parent / 'numbered_robot.py'), cell),
        running(folder / 'filter.log', *filter_node, *parameters('action_filter', cell=cell)),
    ):
        desk.spin(120.0, lambda: len(desk.reports['action_filter']) > 5)
        wait_without()
        orders = parameters('recorder', cell=cell, folder=folder / 'recordings')
        with running(folder / 'recorder.log', *recorder_node, *orders):
            for _ in tqdm(range(minutes), unit='min'):
                desk.order('start')
                began = time.monotonic()
                desk.spin(EPISODE_S)
                during.append(desk.period_p99_ms(began))
                file = Path(desk.order('stop'))
                for topic, (found, lost) in count_messages(file).items():
                    recorded[topic] += found
                    missing[topic] += lost
                file.unlink()
        wait_without()
    dropped = [int(values['dropped']) for _, values in desk.reports['recorder']]
    desk.destroy_node()
    added_ms = float(np.mean(during) - np.mean(without))
    lost = sum(missing.values())
    return {
        'minutes': minutes,
        'recorded': recorded,
        'missing': missing,
        'dropped_by_the_recorder': max(dropped, default=0),
        'period_p99_ms_without': without,
        'period_p99_ms_recording': during,
        'added_ms': added_ms,
        'holds': lost == 0 and min(recorded.values()) > 0 and added_ms <= MOST_ADDED_MS,
    }


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--minutes', type=int, default=10)
    parser.add_argument('--folder', type=Path, help='disk to record to; 4 GB are used at a time')
    parser.add_argument('--json', type=Path, help='also write the figures here')
    args = parser.parse_args()
    enter_own_domain()
    rclpy.init()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        figures = soak(args.minutes, Path(folder))
    rclpy.try_shutdown()
    for name, value in figures.items():
        print(f'{name}: {value}')
    if args.json:
        write_json(args.json, figures)
    return DONE if figures['holds'] else NOT_GOOD_ENOUGH


if __name__ == '__main__':
    sys.exit(main())
