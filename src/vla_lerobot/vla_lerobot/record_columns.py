"""Columns that a dataset made of recordings has beside those of the policy.

LeRobot takes every column that begins with 'action' or 'observation' for the policy's.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILTERED = 'record.filtered_action'
"""What the action filter sent, in the order of the policy's action."""
MEASURED = 'record.measured'
"""What was measured of the same joints."""
VERDICT = 'record.verdict'
"""The filter's `Verdict` as a number."""
PLANNED = 'record.is_planned'
"""Whether a plan asked for the action; otherwise the arm was held or stopped, and the action says
what was sent."""
INTERVENTION = 'intervention'
"""LeRobot's column of DAgger recordings: whether a person led."""
STAMP = 'record.stamp_s'
"""Time of the observation [s]."""


def planned_frames(dataset: Any, offsets: Sequence[int] = (0,)) -> NDArray[np.bool_]:
    """Return which frames may be trained on: whose actions a plan asked for, shape (N,).

    Args:
        dataset: LeRobotDataset.
        offsets: distances of the actions of a sample from its frame, an interval in order.

    Returns:
        True where all those actions within the episode were asked for; everywhere for datasets
        that were not made of recordings.
    """
    count = int(dataset.num_frames)
    if PLANNED not in dataset.features:
        return np.ones(count, dtype=bool)
    is_planned = np.asarray(dataset.hf_dataset.with_format('numpy')[PLANNED]).reshape(count)
    ends = dataset.meta.episodes
    usable = np.ones(count, dtype=bool)
    for first, last in zip(ends['dataset_from_index'], ends['dataset_to_index'], strict=True):
        frame, length = np.arange(last - first), last - first
        # How many frames before each one no plan asked for.
        missing = np.concatenate([[0], np.cumsum(~is_planned[first:last].astype(bool))])
        start = np.clip(frame + offsets[0], 0, length)
        end = np.clip(frame + offsets[-1] + 1, 0, length)
        usable[first:last] = missing[end] == missing[start]
    return usable
