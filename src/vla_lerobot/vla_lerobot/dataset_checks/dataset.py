"""Every episode of a dataset, with what is wrong with it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.joints.joint_map import JointMap
from vla_lerobot.dataset_checks.episodes import EpisodeLimits, EpisodeRows, find_faults
from vla_lerobot.features import ACTION, STATE

ReadFrame = Callable[[int], dict[str, Any]]
# An image of one colour has none; a lens cap leaves less noise than this.
_LEAST_CONTRAST = 1.0 / 255.0


@dataclass(frozen=True)
class EpisodeVerdict:
    """What the check says of one episode.

    Attributes:
        episode: its number in the dataset.
        rows: its numbers.
        faults: what is wrong, one sentence each; none for a good one.
    """

    episode: int
    rows: EpisodeRows
    faults: tuple[str, ...]


def check_episodes(
    dataset: Any, read: ReadFrame, deployment: Deployment, limits: EpisodeLimits
) -> list[EpisodeVerdict]:
    """Read a whole dataset and judge its episodes; images are decoded.

    Args:
        dataset: LeRobotDataset that fits the deployment.
        read: returns a frame of it, by its number.
        deployment: the robot, and what the numbers mean.
        limits: from where on an episode is bad.
    """
    verdicts = []
    for episode, rows in enumerate(tqdm(episode_rows(dataset, deployment.cell), unit='episode')):
        faults = find_faults(rows, deployment, limits)
        if not faults:
            faults = list(_image_faults(dataset, read, episode))
        verdicts.append(EpisodeVerdict(episode, rows, tuple(faults)))
    return verdicts


def episode_rows(dataset: Any, cell: Cell) -> list[EpisodeRows]:
    """Return the numbers of every episode, in the cell's joint order."""
    columns = [STATE, ACTION, 'timestamp', 'episode_index']
    rows = dataset.hf_dataset.with_format('numpy').select_columns(columns)[:]
    table = {key: np.asarray(rows[key], dtype=np.float64) for key in columns}
    for key in (STATE, ACTION):
        names = dataset.meta.features[key]['names']
        to_cell = JointMap(names, cell.joint_names, f'{dataset.root}: {key}')
        table[key] = to_cell(table[key])
    lengths = list(dataset.meta.episodes['length'])
    own = [table['episode_index'] == episode for episode in range(len(lengths))]
    return [
        EpisodeRows(
            state=table[STATE][frames],
            action=table[ACTION][frames],
            stamp_s=table['timestamp'][frames],
            length=int(length),
            median_length=float(np.median(lengths)),
        )
        for frames, length in zip(own, lengths, strict=True)
    ]


def _image_faults(dataset: Any, read: ReadFrame, episode: int) -> Iterator[str]:
    """Yield the first image that cannot be decoded, and cameras that show one colour."""
    first = int(dataset.meta.episodes['dataset_from_index'][episode])
    last = int(dataset.meta.episodes['dataset_to_index'][episode]) - 1
    # Videos are decoded from key frames on: their ends tell whether they are whole.
    has_videos = bool(dataset.meta.video_keys)
    blank: dict[str, int] = {}
    for frame in (first, last) if has_videos else range(first, last + 1):
        try:
            sample = read(frame)
        # What Pillow and PyAV raise for damaged data.
        except (OSError, SyntaxError, ValueError, RuntimeError) as error:
            yield f'corrupt: frame {frame - first} cannot be read: {error}'
            return
        for key in dataset.meta.camera_keys:
            if _contrast(sample[key]) < _LEAST_CONTRAST:
                blank.setdefault(key, frame - first)
    for key, frame in blank.items():
        yield f'blank: {key} shows one colour in frame {frame}'


def _contrast(image: Any) -> float:
    """Return the standard deviation of an image, uint8 or float in [0, 1]."""
    scale = 1.0 if image.is_floating_point() else 255.0
    return float(image.float().std()) / scale
