"""The learning rate over a training."""

import math


def learning_rate_factor(step: int, steps: int, warmup: int = 100) -> float:
    """Return the factor of a linear warm-up and a cosine decay to 2 %."""
    if step < warmup:
        return (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress))
