"""How good a policy in training is on episodes that it does not train on."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import torch
from vla_contract.errors import VlaError
from vla_finetune.learner import Learner
from vla_lerobot.features import ACTION

# One for all validations, so that noise drawn inside a policy is the same in each.
_SEED = 0


@dataclass(frozen=True)
class Validation:
    """A look at the held-out episodes.

    Attributes:
        step: steps trained before it.
        loss: the policy's own, mean of the samples; comparable within a training.
        action_error: distance of the first action from the recorded one, mean of joints and
            samples [rad or m]; comparable between trainings.
    """

    step: int
    loss: float
    action_error: float


def validate(learner: Learner, policy: Any, batches: Iterable[Any], step: int) -> Validation:
    """Measure without leaving a trace in the policy or in the random numbers of the training.

    Args:
        learner: pipelines of the policy.
        policy: the network itself, without what distributes it.
        batches: held-out samples, at least one.
        step: steps trained so far.

    Raises:
        VlaError: what is measured is not a number, which no other would be better than.
    """
    from lerobot.utils.random_utils import seeded_context

    offsets = list(policy.config.action_delta_indices or [0])
    losses, errors, counts = [], [], []
    policy.eval()
    with seeded_context(_SEED), torch.no_grad():
        for batch in batches:
            prepared = learner.preprocess(dict(batch))
            loss, _ = policy.forward(prepared)
            losses.append(float(loss))
            recorded = batch[ACTION]
            if recorded.ndim == 3:
                recorded = recorded[:, offsets.index(0)]
            policy.reset()
            chosen = learner.postprocess(policy.select_action(_newest(prepared, policy.config)))
            errors.append(float((chosen.cpu().float() - recorded.cpu()).abs().mean()))
            counts.append(len(recorded))
    policy.train()
    weights = np.array(counts) / sum(counts)
    found = Validation(step, float(weights @ losses), float(weights @ errors))
    if not (isfinite(found.loss) and isfinite(found.action_error)):
        raise VlaError(
            f'validation after step {step}: found loss {found.loss}, first action '
            f'{found.action_error} rad off; allowed: numbers; the training diverged, or a '
            'held-out sample is not finite'
        )
    return found


def _newest(batch: dict[str, Any], config: Any) -> dict[str, Any]:
    """Return what the policy would be given at run time: of a history, the last frame."""
    inputs = {key: value for key, value in batch.items() if not key.startswith(ACTION)}
    if config.observation_delta_indices is None:
        return inputs
    for key in config.input_features:
        if key in inputs:
            inputs[key] = inputs[key][:, -1]
    return inputs


def best_of(validations: list[Validation]) -> Validation:
    """Return the one whose first actions are nearest; the earlier one of two that are equal.

    The first steps of a chunk are what the arm does. The loss is mostly about later ones, which
    another person, or the same one another time, would have done otherwise.
    """
    return min(validations, key=lambda validation: validation.action_error)


def is_exhausted(validations: list[Validation], patience: int) -> bool:
    """Return whether `patience` validations have passed since the best; never without any."""
    if not patience or not validations:
        return False
    return len(validations) - 1 - validations.index(best_of(validations)) >= patience
