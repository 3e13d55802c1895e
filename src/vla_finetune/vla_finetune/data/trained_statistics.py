"""Statistics over exactly the frames that are trained on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_contract.cli.progress import watched
from vla_finetune.data.checked_dataset import CheckedDataset, Frames
from vla_finetune.data.training_data import TrainingData
from vla_lerobot.instruction_embedding import ENVIRONMENT_STATE
from vla_lerobot.statistics import (
    Entry,
    floored,
    PixelCounts,
    Statistics,
    STD_FLOOR,
    vector_statistics,
)


def trained_statistics(data: TrainingData, policy: Any) -> Statistics:
    """Return the statistics of what a policy takes and gives.

    Held-out and bad episodes, failures and frames in which the arm was held are not among the
    frames. Each frame counts once, whatever its pool's share of the samples: which normalisation
    suits the robot does not depend on how often it is shown. Images are sampled in every episode
    as LeRobot does, and counted only where the policy normalises them.

    Args:
        data: what is trained on.
        policy: LeRobot's configuration of the policy.
    """
    parts = data.trained_frames()
    stats: Statistics = {}
    for key, feature in {**policy.input_features, **policy.output_features}.items():
        if key == ENVIRONMENT_STATE and data.real.embeddings:
            continue  # words mean on every robot what the policy was told with them
        if feature.type.name != 'VISUAL':
            columns = [checked.column(key)[frames] for checked, frames in parts]
            stats[key] = vector_statistics(np.concatenate(columns))
        elif _is_normalised(policy, feature):
            stats[key] = _image_statistics(parts, key)
    return floored(stats, parts[0][0].order.floors(STD_FLOOR))


def _is_normalised(policy: Any, feature: Any) -> bool:
    mode = policy.normalization_mapping.get(feature.type.value)
    return mode is not None and mode.name != 'IDENTITY'


def _image_statistics(parts: list[tuple[CheckedDataset, Frames]], key: str) -> Entry:
    counts = PixelCounts()
    sampled = [(checked, frame) for checked, own in parts for frame in _sampled(checked, own)]
    for checked, frame in watched(sampled, 'images', 'statistics'):
        counts.add(_pixels(checked.read(frame)[key]))
    return counts.statistics()


def _sampled(checked: CheckedDataset, frames: Frames) -> list[int]:
    """Return some of the frames of each episode, all where they are up to 100."""
    from lerobot.datasets.compute_stats import sample_indices

    ends = np.asarray(checked.dataset.meta.episodes['dataset_to_index'])
    own = np.split(frames, np.searchsorted(frames, ends[:-1]))
    return [int(one[k]) for one in own if len(one) for k in sample_indices(len(one))]


def _pixels(image: Any) -> NDArray[np.uint8]:
    """Return an image as it was stored, whether it is decoded to uint8 or to [0, 1]."""
    if image.is_floating_point():
        image = (image * 255.0).round().byte()
    return np.asarray(image.numpy(), dtype=np.uint8)
