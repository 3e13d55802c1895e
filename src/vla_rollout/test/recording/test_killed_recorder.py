from pathlib import Path
import random
import subprocess
import sys
import threading

from endless_recording import RECORDS
from mcap.reader import make_reader

PROGRAM = Path(__file__).parent / 'endless_recording.py'
KILLS = 5


def record_until_killed(folder, first, after_s):
    """Return the names of the episodes that a recorder finished before it was killed."""
    command = [sys.executable, str(PROGRAM), str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        names = [process.stdout.readline().strip()]
        threading.Timer(after_s, process.kill).start()
        names += [line.strip() for line in process.stdout]
    assert process.returncode == -9
    return [name for name in names if name]


def test_every_finished_episode_survives_a_killed_recorder(tmp_path):
    chance = random.Random(0)
    finished = []
    for kill in range(KILLS):
        finished += record_until_killed(tmp_path, 10_000 * kill, chance.uniform(0.0, 0.3))
    whole = {file.name for file in tmp_path.glob('*.mcap')}
    assert len(finished) >= KILLS
    assert set(finished) <= whole
    for name in whole:
        with (tmp_path / name).open('rb') as stream:
            reader = make_reader(stream, validate_crcs=True)
            assert sum(1 for _ in reader.iter_messages()) == RECORDS
            assert next(reader.iter_metadata()).metadata == {'number': name[8:-5]}
    assert len(list(tmp_path.glob('*.part'))) <= KILLS
