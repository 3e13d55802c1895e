"""What a precision is: another network behind the call that LeRobot's policies have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Batch = dict[str, Any]
"""One observation after LeRobot's pre-processor: feature key to tensor, batch size 1."""


class ChunkPredictor(Protocol):
    """Turns a pre-processed observation into a normalised chunk, shape (1, T, A)."""

    def predict_action_chunk(self, batch: Batch) -> Any:
        """Return the chunk as a float32 tensor on the batch's device."""
        ...

    def reset(self) -> None:
        """Forget everything about the running episode."""
        ...


@dataclass(frozen=True)
class Network:
    """A loaded LeRobot policy, and what a method needs to build another network from it.

    Attributes:
        policy: in evaluation mode, on its device; a method may change it.
        example: what the policy will be asked, for tracing.
        device: torch device, e.g. 'cpu' or 'cuda:0'.
        folder: where files made from these very weights are kept.
        calibration: real observations, only while a quantised graph is being made.
    """

    policy: Any
    example: Batch
    device: str
    folder: Path
    calibration: Sequence[Batch] = ()


MakePredictor = Callable[[Network], ChunkPredictor]


def tensors(batch: Batch) -> Batch:
    """Return the observation's tensors alone: a graph has no use for texts and flags."""
    import torch

    return {
        key: value
        for key, value in batch.items()
        if key.startswith('observation.') and isinstance(value, torch.Tensor)
    }


def module_bytes(module: Any) -> int:
    """Return the size of a torch module's parameters and buffers [bytes]."""
    values = [*module.parameters(), *module.buffers()]
    return sum(value.numel() * value.element_size() for value in values)


def size_bytes(predictor: Any) -> int:
    """Return the size of a predictor's weights: in memory, or of its graph's file [bytes]."""
    if hasattr(predictor, 'parameters'):
        return module_bytes(predictor)
    return int(predictor.size_bytes)
