"""Real frames of a dataset to judge a method by."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.values import Observation
from vla_lerobot.frames import open_dataset, RecordedFrames


class Frames(NamedTuple):
    """Frames of different episodes: some calibrate, the others judge."""

    calibration: list[Observation]
    judging: list[Observation]


def load_frames(deployment: Deployment, root: Path, count: int = 64) -> Frames:
    """Read evenly spaced frames of a LeRobotDataset v3.

    The first half of the recording calibrates and the second judges, so that a graph is not
    judged by the frames it was fitted to.

    Args:
        deployment: names joints and cameras.
        root: folder of the dataset.
        count: frames for each purpose; fewer when the dataset is shorter.

    Raises:
        ResourceNotFoundError: there is no dataset.
        NameMismatchError: it lacks a joint of the cell or a camera of the policy.
        PolicyError: it has less than two frames.
    """
    recorded = RecordedFrames(deployment, open_dataset(root))
    total = len(recorded)
    if total < 2:
        raise PolicyError(f'{root} has {total} frames; 2 or more are needed')
    first, second = (
        [recorded[index] for index in indices]
        for indices in (_spread(0, total // 2, count), _spread(total // 2, total, count))
    )
    return Frames(first, second)


def _spread(start: int, stop: int, count: int) -> Sequence[int]:
    count = min(count, stop - start)
    indices: list[int] = np.linspace(start, stop - 1, count).round().astype(int).tolist()
    return indices
