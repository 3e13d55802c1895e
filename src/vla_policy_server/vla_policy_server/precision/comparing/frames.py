"""Real frames to judge a method by: from a dataset, or recorded in the simulator."""

from collections.abc import Sequence
from pathlib import Path
import subprocess
import sys
import tempfile
from typing import NamedTuple

import numpy as np
from vla_contract.contract import RobotContract
from vla_contract.errors import PolicyError
from vla_contract.values import Observation
from vla_lerobot.frames import open_dataset, RecordedFrames


class Frames(NamedTuple):
    """Frames of different episodes: some calibrate, the others judge."""

    calibration: list[Observation]
    judging: list[Observation]


def load_frames(contract: RobotContract, root: Path, count: int = 64) -> Frames:
    """Read evenly spaced frames of a LeRobotDataset v3.

    The first half of the recording calibrates and the second judges, so that a graph is not
    judged by the frames it was fitted to.

    Args:
        contract: names joints and cameras.
        root: folder of the dataset.
        count: frames for each purpose; fewer when the dataset is shorter.

    Raises:
        ResourceNotFoundError: there is no dataset.
        NameMismatchError: it lacks a joint or a camera of the contract.
        PolicyError: it has less than two frames.
    """
    recorded = RecordedFrames(contract, open_dataset(root))
    total = len(recorded)
    if total < 2:
        raise PolicyError(f'{root} has {total} frames; 2 or more are needed')
    first, second = (
        [recorded[index] for index in indices]
        for indices in (_spread(0, total // 2, count), _spread(total // 2, total, count))
    )
    return Frames(first, second)


def record_frames(robot: str, world: str, folder: Path) -> Path:
    """Return a small dataset of the scripted expert in a world; record it when there is none.

    The simulator is another program: it is asked through its command.

    Raises:
        PolicyError: it could not record; says why.
    """
    root = folder / f'frames-{Path(robot).stem}-{Path(world).stem}'
    if root.is_dir():
        return root
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        part = Path(scratch) / root.name
        command = [
            sys.executable,
            '-m',
            'vla_sim_bridge.demonstrations.make_dataset',
            '--episodes',
            '6',
        ]
        command += ['--output', str(part), '--robot', robot, '--world', world]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise PolicyError(
                f'no frames of {world} could be recorded ({last_line(run.stderr)}); '
                'give a dataset with --frames'
            )
        part.rename(root)
    return root


def last_line(text: str) -> str:
    """Return the last line a command has printed, which is where ours say what is wrong."""
    lines = text.strip().splitlines()
    return lines[-1] if lines else 'it printed nothing'


def _spread(start: int, stop: int, count: int) -> Sequence[int]:
    count = min(count, stop - start)
    indices: list[int] = np.linspace(start, stop - 1, count).round().astype(int).tolist()
    return indices
