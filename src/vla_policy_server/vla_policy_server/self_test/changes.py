"""Small changes of answers and images, each of which undoes one mistake."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Image, Observation, Vector
from vla_policy_server.self_test.answered_frame import AnsweredFrame

View = Callable[[Image], Image]
_FACTORS = (0.5, 0.8, 1.25, 2.0)
_SPREADS = (0.8, 1.25)
VIEWS: tuple[tuple[str, View], ...] = (
    ('red and blue exchanged', lambda image: image[..., ::-1]),
    ('images mirrored', lambda image: image[:, ::-1]),
    ('images upside down', lambda image: image[::-1]),
)
"""Ways to show the same image."""


def changed_answers(frames: Sequence[AnsweredFrame]) -> Iterator[tuple[str, list[Vector]]]:
    """Yield what is changed, and the answers to all frames so, shape (K, D) each."""
    yield 'actions one frame later', [_later(frame.answer) for frame in frames]
    yield 'actions one frame earlier', [_earlier(frame.answer) for frame in frames]
    for factor in _FACTORS:
        moved = [f.seen.state + factor * (f.answer - f.seen.state) for f in frames]
        yield f'moves times {factor:g}', moved
    middle = np.concatenate([frame.recorded for frame in frames]).mean(axis=0)
    for factor in _SPREADS:
        spread = [middle + factor * (frame.answer - middle) for frame in frames]
        yield f'distances from the mean action times {factor:g}', spread


def with_gripper_inverted(answer: Vector, cell: Cell) -> Vector:
    """Return an answer with open and closed exchanged, shape (K, D)."""
    found = answer.copy()
    for index in cell.grippers:
        joint = cell.joints[index]
        found[:, index] = joint.lower + joint.upper - found[:, index]
    return found


def viewed(seen: Observation, view: View) -> Observation:
    """Return an observation, and those before it, with their images changed."""
    images = {name: np.ascontiguousarray(view(image)) for name, image in seen.images.items()}
    earlier = tuple(viewed(before, view) for before in seen.earlier)
    return replace(seen, images=images, earlier=earlier)


def _later(answer: Vector) -> Vector:
    return np.vstack([answer[:1], answer[:-1]])


def _earlier(answer: Vector) -> Vector:
    return np.vstack([answer[1:], answer[-1:]])
