"""Samples with the embedding of their instruction, for policies that take no text."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_lerobot.instruction_embedding import ENVIRONMENT_STATE, InstructionEncoder

Embeddings = Mapping[str, NDArray[np.float32]]
"""The embedding of every instruction of a dataset, shape (n,)."""


class ToldInstruction:
    """Training samples in which `task` also stands as `observation.environment_state`."""

    def __init__(self, samples: Any, embeddings: Embeddings) -> None:
        """Wrap the samples of a dataset.

        Args:
            samples: have the text of their instruction as `task`.
            embeddings: of each of these texts.
        """
        self._samples, self._embeddings = samples, embeddings

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self._samples)

    def __getitem__(self, frame: int) -> dict[str, Any]:
        """Return a sample."""
        # Imported here: the processes that load samples have it, those that plan may not.
        import torch

        sample = self._samples[frame]
        return {**sample, ENVIRONMENT_STATE: torch.from_numpy(self._embeddings[sample['task']])}


def embeddings_of(dataset: Any, encoder: InstructionEncoder) -> Embeddings:
    """Return the embedding of each instruction of a LeRobotDataset."""
    return {str(text): encoder.embed(str(text)) for text in dataset.meta.tasks.index}
