"""Optimiser: AdamW with warm-up, cosine decay and gradient clipping."""

from collections.abc import Sequence
import math

import torch
from torch import nn


def learning_rate_factor(step: int, steps: int, warmup: int = 100) -> float:
    """Return the factor of a linear warm-up and a cosine decay to 2 %."""
    if step < warmup:
        return (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress))


def mean_of_last_tenth(values: Sequence[float]) -> float:
    """Return the mean of the last tenth of one or more values, of one of them at least."""
    tail = values[-max(1, len(values) // 10) :]
    return sum(tail) / len(tail)


class Descent:
    """Trains the parameters of a module for a known number of steps."""

    def __init__(self, module: nn.Module, lr: float, steps: int) -> None:
        """Prepare `steps` steps with a peak rate of `lr`."""
        self._parameters = list(module.parameters())
        self._optimizer = torch.optim.AdamW(self._parameters, lr=lr, weight_decay=1e-4, fused=True)
        self._scheduler = torch.optim.lr_scheduler.LambdaLR(
            self._optimizer, lambda step: learning_rate_factor(step, steps)
        )

    def step(self, loss: torch.Tensor) -> None:
        """Go one step down a loss, a scalar."""
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._parameters, 10.0)
        self._optimizer.step()
        self._scheduler.step()
