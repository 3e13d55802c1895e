"""Images that stay while the arm moves: a frozen camera, or frames that are there twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb

import numpy as np
from vla_contract.values import Vector
from vla_lerobot.dataset_checks.episodes import Episode, Recorded
from vla_lerobot.dataset_checks.finding import Finding, in_words
from vla_lerobot.dataset_checks.images.signatures import View

# Of the range, summed over the arm's joints: less is rest, noise of encoders among it.
_LEAST_STEP = 0.002
# Of what a step of motion changes in the image: a codec leaves up to a quarter in a still scene.
_STILL = {False: 0.02, True: 0.2}
_STILL_RUN = {False: 0.02, True: 0.35}
_EXACT = 1e-6
# A frozen camera: so many frames, over a way that usually changes the image by three steps.
_FEWEST, _STEPS = 5, 3.0
# Recordings in real time repeat up to every twentieth frame; more often than this by chance is
# one in a thousand.
_REPEATED, _CHANCE = 0.06, 1e-3


@dataclass(frozen=True)
class _Usual:
    """What a step of motion is in a dataset: of the arm, and of a camera's image."""

    way: float
    change: float


def standing(data: Recorded) -> Iterator[Finding]:
    """A camera shows the same image while the joints move, in one stretch or again and again."""
    for camera in data.cameras:
        usual = _usual(data, camera)
        if usual is None:
            continue
        for episode, view in data.seen_by(camera):
            way = steps_of_arm(episode, data)
            found = _frozen(episode, view, way, usual) or _repeated(episode, view, way, usual)
            if found:
                yield found


def steps_of_arm(episode: Episode, data: Recorded) -> Vector:
    """Return how far the arm moves in each step, of its ranges, shape (T - 1,)."""
    arm = list(data.cell.arm)
    steps: Vector = np.abs(np.diff(episode.rows.state[:, arm], axis=0)) / data.range[arm]
    way: Vector = steps.sum(axis=1)
    return way


def changes(view: View) -> Vector:
    """Return the root mean square change of the image in each step, shape (T - 1,)."""
    steps = np.diff(view.pictures.astype(np.float64), axis=0)
    change: Vector = np.sqrt(np.mean(np.square(steps), axis=(1, 2, 3)))
    return change


def _usual(data: Recorded, camera: str) -> _Usual | None:
    """Return the middle step over all episodes in which the arm moves; None where it never does.

    Only images that change at all count, so that frozen episodes do not hide each other.
    """
    ways = np.concatenate([steps_of_arm(episode, data) for episode, _ in data.seen_by(camera)])
    change = np.concatenate([changes(view) for _, view in data.seen_by(camera)])
    moves = ways > _LEAST_STEP
    if not moves.any():
        return None
    sees = moves & (change > _EXACT)
    return _Usual(
        float(np.median(ways[moves])), float(np.median(change[sees])) if sees.any() else 0.0
    )


def _frozen(episode: Episode, view: View, way: Vector, usual: _Usual) -> Finding | None:
    """Find the longest stretch whose images are those of its first frame."""
    bound = max(_EXACT, _STILL_RUN[view.is_video] * usual.change)
    flat = view.pictures.reshape(len(view), -1)
    best = (0, 0)
    first = 0
    while first < len(view) - 1:
        away = np.sqrt(np.mean(np.square(flat[first:] - flat[first]), axis=1))
        same = int(np.argmax(away > bound)) if (away > bound).any() else len(away)
        if same > best[1] - best[0] + 1:
            best = (first, first + same - 1)
        first += max(1, same - 1)
    first, last = best
    moved = np.abs(np.diff(episode.rows.state[[first, last]], axis=0)).sum()
    if last - first + 1 < _FEWEST or not moved or way[first:last].sum() < _STEPS * usual.way:
        return None
    text = f'{view.camera} shows one image in {in_words((first, last))} while the arm moves'
    cure = 'record again; check the camera cable and driver'
    return Finding(episode.number, 'frozen', text, cure, view.camera, (first, last))


def _repeated(episode: Episode, view: View, way: Vector, usual: _Usual) -> Finding | None:
    moves = way > max(_LEAST_STEP, 0.3 * usual.way)
    same = moves & (changes(view) <= max(_EXACT, _STILL[view.is_video] * usual.change))
    count, of = int(same.sum()), int(moves.sum())
    if not count or _tail(count, of, _REPEATED) > _CHANCE:
        return None
    frames = np.flatnonzero(same) + 1
    ends = (int(frames[0]), int(frames[-1]))
    text = (
        f'{view.camera} repeats its image in {count} of {of} steps in which the arm moves, '
        f'first in frame {ends[0]}'
    )
    cure = 'record at the rate of the camera, or check what drops its frames'
    return Finding(episode.number, 'repeated', text, cure, view.camera, ends)


def _tail(count: int, of: int, share: float) -> float:
    """Return the chance of as many or more, of a binomial distribution."""
    below = sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(count))
    return 1.0 - below
