"""Pickles of LeRobot's asynchronous inference, made and read without importing its modules.

Importing lerobot.async_inference takes the root logger and seconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
import pickle
import sys
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import torch

HELPERS = 'lerobot.async_inference.helpers'


@contextmanager
def stand_ins() -> Iterator[Any]:
    """Yield a module with classes of LeRobot's names, which pickles find in its place."""
    module = ModuleType(HELPERS)
    for name in ('TimedAction', 'TimedObservation', 'RemotePolicyConfig'):
        setattr(module, name, type(name, (), {'__module__': HELPERS}))
    with mock.patch.dict(sys.modules, {HELPERS: module}):
        yield module


def unpickled(data: bytes) -> dict[str, Any]:
    """Return what an object of a pickle that we sent has, by name."""
    with stand_ins():
        return dict(vars(pickle.loads(data)))


def pickled_actions(
    actions: Any, step: int = 1, stamp_s: float = 3.0, period_s: float = 0.1, **changes: Any
) -> bytes:
    """Return a chunk as LeRobot's server pickles it: a list of views of one tensor.

    Args:
        actions: array or tensor, shape (T, A).
        step: number of the first step.
        stamp_s: its time [s].
        period_s: between steps [s].
        changes: what every TimedAction has in another way; `protocol` of the pickle.
    """
    if isinstance(actions, np.ndarray):
        actions = torch.from_numpy(actions)
    protocol = changes.pop('protocol', pickle.DEFAULT_PROTOCOL)
    with stand_ins() as helpers:
        chunk = []
        for i, action in enumerate(actions):
            timed = helpers.TimedAction()
            timed.timestamp, timed.timestep = stamp_s + i * period_s, step + i
            timed.action = action
            vars(timed).update(changes)
            chunk.append(timed)
        return pickle.dumps(chunk, protocol)
