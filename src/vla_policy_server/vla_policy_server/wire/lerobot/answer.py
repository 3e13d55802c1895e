"""The answer of LeRobot's server: a pickled list of TimedAction, one for each step."""

from io import BytesIO
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from vla_policy_server.wire.errors import WireError
from vla_policy_server.wire.lerobot.pickled import Call, read_pickle
from vla_policy_server.wire.lerobot.tensors import HOOKS, STORAGE, TENSOR, TensorReader

TIMED_ACTION = 'lerobot.async_inference.helpers TimedAction'
_NAMES = frozenset({TIMED_ACTION, TENSOR, STORAGE, HOOKS})
_MOST_STEPS = 1000
_MOST_OPERATIONS = 64 * _MOST_STEPS  # 40 for a step


class Chunk(NamedTuple):
    """What a server answered.

    Attributes:
        step: number of the observation that it answers.
        stamp_s: time of that observation [s].
        period_s: between two steps [s], None where there is only one.
        actions: shape (T, A).
    """

    step: int
    stamp_s: float
    period_s: float | None
    actions: NDArray[Any]


def read_answer(data: bytes) -> Chunk:
    """Return the steps of an answer.

    Raises:
        WireError: it is something else; nothing that it names was imported or called.
    """
    stream = BytesIO(data)
    entries = read_pickle(stream, _NAMES, _MOST_OPERATIONS)
    if stream.read(1):
        raise WireError('bytes after the pickle')
    if not isinstance(entries, list) or not 0 < len(entries) <= _MOST_STEPS:
        raise WireError(f'an answer that is no list of 1 to {_MOST_STEPS} TimedAction')
    tensors = TensorReader()
    steps = [_step(entry, tensors) for entry in entries]
    numbers, stamps_s, actions = zip(*steps, strict=True)
    if numbers != tuple(range(numbers[0], numbers[0] + len(numbers))):
        raise WireError('steps that do not follow one another')
    widths = {len(action) for action in actions}
    if len(widths) != 1:
        raise WireError(f'actions of {len(widths)} widths')
    period_s = (stamps_s[-1] - stamps_s[0]) / (len(steps) - 1) if len(steps) > 1 else None
    return Chunk(numbers[0], stamps_s[0], period_s, np.stack(actions))


def _step(entry: Any, tensors: TensorReader) -> tuple[int, float, NDArray[Any]]:
    """Return number, time [s] and action of a TimedAction."""
    match entry:
        case Call(
            name=str(name),
            arguments=(),
            state={'timestamp': float(stamp_s), 'timestep': int(step), 'action': action},
        ) if name == TIMED_ACTION and isfinite(stamp_s):
            return step, stamp_s, tensors.read(action)
    raise WireError('an entry that is no TimedAction')
