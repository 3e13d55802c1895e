"""Actions that LeRobot's processors make relative to the state: which numbers are offsets."""

import numpy as np
from numpy.typing import NDArray
from vla_contract.values import Vector
from vla_lerobot.checkpoints.checkpoint import Checkpoint


def relative_numbers(checkpoint: Checkpoint) -> NDArray[np.bool_]:
    """Return which numbers of an action the network answers as offsets from the state, shape (A,).

    LeRobot's relative_actions_processor takes the state off before it normalises, and its partner
    adds it after un-normalising, so that statistics are those of offsets.
    """
    width = len(checkpoint.names.action)
    for step in checkpoint.preprocess.steps:
        if type(step).__name__ == 'RelativeActionsProcessorStep' and step.enabled:
            return np.array(step._build_mask(width), dtype=bool)  # its exclude_joints by name
    return np.zeros(width, dtype=bool)


def as_normalised(checkpoint: Checkpoint, actions: Vector, state: Vector) -> Vector:
    """Return actions as the numbers that statistics are of.

    Args:
        checkpoint: whose processors they passed.
        actions: in its order and units, shape (..., A).
        state: likewise, where they begin, shape (S,).
    """
    relative = relative_numbers(checkpoint)
    numbers = np.array(actions, dtype=np.float64)
    numbers[..., relative] -= np.asarray(state)[: len(relative)][relative]
    return numbers
