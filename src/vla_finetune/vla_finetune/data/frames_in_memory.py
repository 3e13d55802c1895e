"""A small LeRobotDataset in memory: the same samples, without decoding images at every step.

On a CPU and with images of 96 pixels, LeRobot's loader takes three quarters of a training step.
"""

from math import prod
from typing import Any

import numpy as np
import torch
from vla_finetune.frame_window import frame_window

Sample = dict[str, Any]


class FramesInMemory:
    """Answers as LeRobotDataset does with `delta_timestamps` and uint8 images.

    A frame is decoded when it is first asked for, and never again.
    """

    def __init__(self, dataset: Any, offsets: dict[str, list[int]]) -> None:
        """Prepare to read.

        Args:
            dataset: LeRobotDataset without delta_timestamps.
            offsets: per feature the frames around each that belong to its sample.
        """
        self._dataset = dataset
        self._offsets = {key: torch.tensor(values) for key, values in offsets.items()}
        ends = dataset.meta.episodes
        self._first = torch.tensor(ends['dataset_from_index'])
        self._last = torch.tensor(ends['dataset_to_index']) - 1
        self._columns: dict[str, torch.Tensor] = {}
        self._tasks: dict[int, str] = {}

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._dataset)

    def __getitem__(self, frame: int) -> Sample:
        """Return a training sample."""
        self._require(frame)
        sample: Sample = {'task': self._tasks[frame]}
        episode = int(self._columns['episode_index'][frame])
        first, last = self._first[episode, None], self._last[episode, None]
        for key, column in self._columns.items():
            if key in self._offsets:
                own = torch.tensor([frame])
                [frames], [is_pad] = frame_window(own, self._offsets[key], first, last)
                for other in frames.tolist():
                    self._require(other)
                sample[key], sample[f'{key}_is_pad'] = column[frames], is_pad
            else:
                sample[key] = column[frame]
        return sample

    def read(self, frame: int) -> Sample:
        """Return a frame alone; raises what decoding a damaged image raises."""
        self._require(frame)
        return {key: column[frame] for key, column in self._columns.items()}

    def _require(self, frame: int) -> None:
        if frame in self._tasks:
            return
        sample = self._dataset[frame]
        self._tasks[frame] = sample.pop('task')
        for key, value in sample.items():
            if value.ndim == 3 and value.is_floating_point():
                value = (value * 255.0).round().byte()
            if key not in self._columns:
                # Zeroed pages take no memory until a frame is written to them.
                self._columns[key] = torch.zeros((len(self), *value.shape), dtype=value.dtype)
            self._columns[key][frame] = value


def bytes_in_memory(dataset: Any) -> int:
    """Return how much memory the frames of a dataset take."""
    frame_bytes = sum(
        prod(feature['shape'])
        * (1 if feature['dtype'] in ('image', 'video') else np.dtype(feature['dtype']).itemsize)
        for feature in dataset.meta.features.values()
        if feature['dtype'] != 'string'
    )
    return int(dataset.num_frames * frame_bytes)
