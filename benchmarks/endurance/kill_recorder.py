"""Kill the recorder with SIGKILL at random moments, and read every episode that it had finished.

    python benchmarks/endurance/kill_recorder.py --kills 20 --json runs/kill_recorder.json

Episodes of half a second follow each other without a pause, so that many kills hit the end of an
episode. Exit status 1 when a finished episode is gone or cannot be read.
"""

import argparse
from pathlib import Path
import random
import subprocess
import sys
import tempfile
import threading

import rclpy
from soak_recorder import count_messages, Desk, parameters, running
from std_srvs.srv import Trigger
from tqdm import tqdm
from vla_contract.cli.command import DONE, NOT_GOOD_ENOUGH, write_json

CELL = 'panda_table'
EPISODE_S = 0.5
# Of the first episode; a kill falls anywhere within about ten episodes.
KILL_WITHIN_S = 6.0


def record_until_killed(desk: Desk, recorder: subprocess.Popen[bytes], after_s: float) -> set[str]:
    """Record one episode after another until the recorder is dead; return those it finished."""
    clients = {n: desk.create_client(Trigger, f'recorder/{n}') for n in ('start', 'stop')}
    if not desk.spin(120.0, clients['stop'].service_is_ready):
        raise TimeoutError('the recorder does not start')
    finished = set()
    timer = threading.Timer(after_s, recorder.kill)
    timer.start()
    while recorder.poll() is None:
        for name, client in clients.items():
            future = client.call_async(Trigger.Request())
            desk.spin(120.0, lambda f=future: f.done() or recorder.poll() is not None)
            if name == 'stop' and future.done() and future.result().success:
                finished.add(future.result().message)
            desk.spin(EPISODE_S if name == 'start' else 0.0, lambda: recorder.poll() is not None)
    for client in clients.values():
        desk.destroy_client(client)
    return finished


def readable(files: set[str]) -> set[str]:
    """Return the episodes that have messages and miss none in between."""
    counts = {file: count_messages(Path(file)) for file in files if Path(file).is_file()}
    return {
        file
        for file, topics in counts.items()
        if topics and all(found and not lost for found, lost in topics.values())
    }


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--json', type=Path, help='also write the figures here')
    args = parser.parse_args()
    rclpy.init()
    desk, chance = Desk(), random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recordings = folder / 'recordings'
        node = [sys.executable, '-m', 'vla_rollout.recording.ros.recorder_node']
        node += parameters('recorder', cell=CELL, folder=recordings)
        finished: set[str] = set()
        with (
            running(folder / 'robot.log', str(Path(__file__).parent / 'numbered_robot.py'), CELL),
            (folder / 'recorder.log').open('w') as log,
        ):
            for _ in tqdm(range(args.kills), unit='kill'):
                recorder = subprocess.Popen(node, stdout=log, stderr=log)
                finished |= record_until_killed(desk, recorder, chance.uniform(0, KILL_WITHIN_S))
        whole = finished | {str(file) for file in recordings.glob('*.mcap')}
        figures = {
            'kills': args.kills,
            'finished_episodes': len(finished),
            'files_with_a_final_name': len(whole),
            'unreadable': sorted(whole - readable(whole)),
            'unfinished_files': len(list(recordings.glob('*.part'))),
        }
    rclpy.try_shutdown()
    for key, value in figures.items():
        print(f'{key}: {value}')
    if args.json:
        write_json(args.json, figures)
    return DONE if finished and not figures['unreadable'] else NOT_GOOD_ENOUGH


if __name__ == '__main__':
    sys.exit(main())
