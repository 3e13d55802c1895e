"""Whether images move with the joints: how late they come, and whether they are this episode's.

How far two images of an episode are apart is held against how far the joints moved between them,
D^2 = sum_j w_j dq_j^2 over pairs of frames up to half a second apart. What each joint moves in
the image, w_j >= 0, is learned from the other episodes and this one. Colours, light and
background do not matter, so that randomised episodes can be compared too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vla_contract.values import Vector
from vla_lerobot.dataset_checks.images.signatures import View

_PAIRS = 5
_FURTHEST = 6
# Of the frames of an episode, so many remain at every delay that is tried, and so many at least.
_OVERLAP, _FEWEST = 0.6, 9
# Small distances are noise, large ones saturate: both weigh less.
_SOFT = 0.5


@dataclass(frozen=True)
class Pairs:
    """Squared distances between frames of an episode.

    Attributes:
        joints: per distance in time, of the joints, of their ranges, shape (T - w, D) each.
        images: per distance in time, of the images, in units of their median, (T - w,) each.
        steps: distances in time [frames].
    """

    joints: tuple[Vector, ...]
    images: tuple[Vector, ...]
    steps: tuple[int, ...]

    @property
    def count(self) -> int:
        """Frames of the episode."""
        return len(self.joints[0]) + self.steps[0]


def pairs_of(state: Vector, view: View, joint_range: Vector, stride: int) -> Pairs | None:
    """Return the distances in an episode; None where it is too short or nothing changes.

    Args:
        state: shape (T, D) [rad or m].
        view: of one camera.
        joint_range: shape (D,) [rad or m].
        stride: frames in a tenth of a second.
    """
    steps = tuple(stride * (step + 1) for step in range(_PAIRS))
    if len(state) < max(_FEWEST, steps[-1] + 2):
        return None
    shares = state / joint_range
    flat = view.pictures.reshape(len(view), -1).astype(np.float64)
    joints = tuple(np.square(shares[step:] - shares[:-step]) for step in steps)
    images = [np.mean(np.square(flat[step:] - flat[:-step]), axis=1) for step in steps]
    middle = float(np.median(np.concatenate(images)))
    if middle <= 0.0:
        return None
    return Pairs(joints, tuple(image / middle for image in images), steps)


@dataclass(frozen=True)
class Equations:
    """Normal equations of the weights, which add up over episodes."""

    matrix: NDArray[np.float64]
    right: NDArray[np.float64]

    def __add__(self, other: 'Equations') -> 'Equations':
        """Return the equations of both."""
        return Equations(self.matrix + other.matrix, self.right + other.right)

    def __sub__(self, other: 'Equations') -> 'Equations':
        """Return the equations without some."""
        return Equations(self.matrix - other.matrix, self.right - other.right)

    def weights(self) -> Vector:
        """Solve by non-negative least squares."""
        # Slow to import, and --help must not wait for it.
        from scipy.optimize import nnls

        size = len(self.right)
        ridge = 1e-9 * max(float(np.trace(self.matrix)) / size, 1e-12) * np.eye(size)
        values, vectors = np.linalg.eigh(self.matrix + ridge)
        root = np.sqrt(np.maximum(values, 1e-12 * max(values.max(), 1e-300)))
        half = (vectors * root).T
        target = (vectors.T @ self.right) / root
        return np.asarray(nnls(half, target)[0])


def shifted(pairs: Pairs, lag: int) -> tuple[Vector, Vector]:
    """Return the distances of joints and images when images are taken to be `lag` frames late."""
    joints, images = [], []
    for joint, image in zip(pairs.joints, pairs.images, strict=True):
        count = len(joint) - abs(lag)
        if count > 0:
            joints.append(joint[max(0, -lag) :][:count])
            images.append(image[max(0, lag) :][:count])
    return np.concatenate(joints), np.concatenate(images)


def equations(joints: Vector, images: Vector) -> Equations:
    """Return the normal equations of some pairs."""
    soft = 1.0 / (images + _SOFT)
    rows = joints * soft[:, None]
    return Equations(rows.T @ rows, rows.T @ (images * soft))


def agreement(joints: Vector, images: Vector, weights: Vector) -> float:
    """Return the correlation of expected and seen distances; 0 where one does not vary."""
    expected, seen = np.sqrt(np.maximum(joints @ weights, 0.0)), np.sqrt(images)
    if expected.std() < 1e-12 or seen.std() < 1e-12:
        return 0.0
    return float(np.corrcoef(expected, seen)[0, 1])


@dataclass(frozen=True)
class Agreement:
    """How well images fit the joints.

    Attributes:
        at_once: correlation as recorded.
        best: largest one over all delays.
        lag: delay of the images where that is [frames]; negative when they come early.
        count: frames that overlap there.
    """

    at_once: float
    best: float
    lag: int
    count: int

    @property
    def gain(self) -> float:
        """How much better shifted images fit, in standard deviations of a correlation.

        Fisher's transformation, atanh(r), has the variance 1 / (n - 3).
        """
        most = 1.0 - 1e-6
        way = np.arctanh(min(self.best, most)) - np.arctanh(min(self.at_once, most))
        return float(way * np.sqrt(max(self.count - 3, 1)))


def agreement_of(pairs: Pairs, others: Equations) -> Agreement:
    """Return how an episode fits, at every delay, with weights of the others and its own.

    Its own pairs count at every delay alike, so that none is favoured.
    """
    fits = {}
    for lag in lags_of(pairs):
        joints, images = shifted(pairs, lag)
        weights = (others + equations(joints, images)).weights()
        fits[lag] = agreement(joints, images, weights)
    return best_of(fits, pairs)


def lags_of(pairs: Pairs) -> list[int]:
    """Return the delays at which enough of an episode overlaps."""
    stride, length = pairs.steps[0], pairs.count
    lags = range(-_FURTHEST * stride, _FURTHEST * stride + 1, stride)
    return [lag for lag in lags if length - abs(lag) >= max(_FEWEST, _OVERLAP * length)]


def best_of(fits: dict[int, float], pairs: Pairs) -> Agreement:
    """Return the largest of the correlations at some delays; of equal ones the smallest delay."""
    best = max(fits, key=lambda lag: (fits[lag], -abs(lag)))
    return Agreement(fits[0], fits[best], best, pairs.count - abs(best))
