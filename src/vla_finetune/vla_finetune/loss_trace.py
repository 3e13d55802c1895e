"""Why a loss is not a number: a sample, its normalisation, or the training itself."""

from collections.abc import Sequence
from typing import Any

import torch
from vla_contract.errors import VlaError
from vla_finetune.data.training_data import TrainingData


class LossNotFiniteError(VlaError):
    """The loss of a batch is not a number; says where that comes from."""

    def __init__(self, loss: float, cause: str) -> None:
        super().__init__(f'the loss is {loss}: {cause}')


def trace_loss(
    loss: float,
    batch: dict[str, Any],
    prepared: dict[str, Any],
    frames: Sequence[int],
    data: TrainingData,
) -> LossNotFiniteError:
    """Return the error that names the sample, or what else is at fault.

    Args:
        loss: what it became.
        batch: the samples, stacked.
        prepared: the same as the network got them.
        frames: their numbers among all frames of the data, in the order of the batch.
        data: what is trained on.
    """
    if found := _first_not_finite(batch, len(frames)):
        key, row = found
        where = _place(data, frames[row])
        return LossNotFiniteError(
            loss, f'{key} of a sample is not finite: {where}, or one of the frames in its sample'
        )
    if found := _first_not_finite(prepared, len(frames)):
        key, row = found
        return LossNotFiniteError(
            loss,
            f'{key} is not finite once it is normalised: {_place(data, frames[row])}; its '
            'statistics do not fit the data: look at --statistics',
        )
    return LossNotFiniteError(
        loss,
        'the training diverged, its samples and their normalisation are finite; lower '
        '--learning-rate',
    )


def _first_not_finite(batch: dict[str, Any], count: int) -> tuple[str, int] | None:
    """Return the column and the row of the first number that is none, None where all are."""
    for key, values in sorted(batch.items()):
        if torch.is_tensor(values) and values.is_floating_point() and len(values) == count:
            broken = ~torch.isfinite(values).reshape(count, -1).all(dim=1)
            if broken.any():
                return key, int(torch.nonzero(broken)[0])
    return None


def _place(data: TrainingData, frame: int) -> str:
    checked, own = data.origin_of(frame)
    episode, number = checked.episode_of(own)
    return f'{checked.dataset.root}, episode {episode}, frame {number}'
