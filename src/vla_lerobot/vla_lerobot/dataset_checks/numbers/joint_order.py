"""Joints that are exchanged, or have another sign, in one episode: state and action alike.

Where the arm is, and how its joints move together, is learned from the other episodes as two
normal distributions. An episode is suspicious when exchanging two joints, or turning the sign of
one, makes it much more probable: of a good one nothing does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from vla_contract.values import Vector
from vla_lerobot.dataset_checks.episodes import Recorded
from vla_lerobot.dataset_checks.finding import Finding
from vla_lerobot.dataset_checks.others import FEWEST

# Of the ranges: how well places and motions are known at best.
_PLACE, _MOTION = 0.02, 0.004
_STEP_S = 0.3
# Good episodes gain 1.09 at most, two joints that are exchanged 1.12 to 10.
_GAIN = 1.2


@dataclass(frozen=True)
class _Moments:
    """Sums over frames of joint positions and of their changes, in shares of the ranges."""

    count: float
    total: Vector
    squares: Vector
    changes: float
    change_squares: Vector

    def __add__(self, other: '_Moments') -> '_Moments':
        return _Moments(
            self.count + other.count,
            self.total + other.total,
            self.squares + other.squares,
            self.changes + other.changes,
            self.change_squares + other.change_squares,
        )

    def __sub__(self, other: '_Moments') -> '_Moments':
        return self + _Moments(
            -other.count, -other.total, -other.squares, -other.changes, -other.change_squares
        )


@dataclass(frozen=True)
class _Usual:
    """The two distributions: mean place, and inverse covariances of place and change."""

    mean: Vector
    place: Vector
    change: Vector

    def distance(self, shares: Vector, step: int) -> float:
        """Return the mean squared Mahalanobis distance of an episode."""
        away, moved = shares - self.mean, shares[step:] - shares[:-step]
        of_place = np.einsum('ij,jk,ik->i', away, self.place, away).mean()
        return float(of_place + np.einsum('ij,jk,ik->i', moved, self.change, moved).mean())


def exchanged_joints(data: Recorded) -> Iterator[Finding]:
    """Two joints are exchanged, or one has the wrong sign, other than in the other episodes."""
    arm = list(data.cell.arm)
    scale, names = data.range[arm], [data.cell.joints[joint].name for joint in arm]
    step = max(1, round(_STEP_S * data.deployment.policy.rate_hz))
    long = [e for e in data.episodes if len(e.rows.state) > 2 * step]
    if len(long) <= FEWEST:
        return
    shares = {e.number: e.rows.state[:, arm] / scale for e in long}
    moments = {number: _moments(values, step) for number, values in shares.items()}
    # The worst first, so that it no longer counts when the others are judged.
    while len(moments) > FEWEST:
        total = sum(moments.values(), start=_nothing(len(arm)))
        gains = {
            number: _gain(shares[number], scale, _usual(total - own), step, names)
            for number, own in moments.items()
        }
        number = max(gains, key=lambda number: gains[number][0])
        gain, cause = gains[number]
        if gain <= _GAIN:
            return
        text = f'it differs from the others as if {cause}'
        cure = 'put state and action right, or leave it out with --skip-bad'
        yield Finding(number, 'other joints', text, cure)
        del moments[number]


def _gain(
    shares: Vector, scale: Vector, usual: _Usual, step: int, names: list[str]
) -> tuple[float, str]:
    """Return how much nearer the best change brings an episode to the others, and that change."""
    own = usual.distance(shares, step)
    guesses = {
        text: usual.distance(changed / scale, step)
        for text, changed in _changed(shares * scale, names)
    }
    best = min(guesses, key=lambda text: guesses[text])
    return float(np.sqrt(own / max(guesses[best], 1e-9))), best


def _changed(values: Vector, names: list[str]) -> Iterator[tuple[str, Vector]]:
    """Yield what may have been done to the joints, and the values without it."""
    for first, second in combinations(range(len(names)), 2):
        changed = values.copy()
        changed[:, [first, second]] = values[:, [second, first]]
        yield f'{names[first]} and {names[second]} were exchanged', changed
    for joint, name in enumerate(names):
        changed = values.copy()
        changed[:, joint] *= -1.0
        yield f'the sign of {name} was turned', changed
    yield 'the order of the joints was reversed', values[:, ::-1]


def _moments(shares: Vector, step: int) -> _Moments:
    moved = shares[step:] - shares[:-step]
    return _Moments(len(shares), shares.sum(0), shares.T @ shares, len(moved), moved.T @ moved)


def _nothing(joints: int) -> _Moments:
    square = np.zeros((joints, joints))
    return _Moments(0.0, np.zeros(joints), square, 0.0, square)


def _usual(moments: _Moments) -> _Usual:
    mean = moments.total / moments.count
    size = np.eye(len(mean))
    place = moments.squares / moments.count - np.outer(mean, mean) + _PLACE**2 * size
    change = moments.change_squares / moments.changes + _MOTION**2 * size
    return _Usual(
        mean,
        np.asarray(np.linalg.inv(place), dtype=np.float64),
        np.asarray(np.linalg.inv(change), dtype=np.float64),
    )
