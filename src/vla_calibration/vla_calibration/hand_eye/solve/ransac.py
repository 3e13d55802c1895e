"""Finds the views that agree, among some that are wrong: stale poses, flipped boards.

Random samples of five views (Fischler and Bolles 1981), scored by their median error, so that
no threshold has to be known beforehand; the spread of the best sample then sets it.
"""

import numpy as np
from vla_calibration.hand_eye.solve.methods import (
    angle_errors,
    centre_errors,
    implied_Y,
    solve_all,
)
from vla_calibration.hand_eye.solve.problem import Mask, Problem
from vla_contract.values import Vector

_SAMPLE = 5
# Fewer views than this cannot outvote a wrong one.
FEWEST_VIEWS = 8
_MOST_SAMPLES, _FEWEST_SAMPLES = 300, 20
_MISS_PROBABILITY = 1e-4
# Good views of any robot: within this, or within four sigma of what the best sample shows.
_NEAR_M, _NEAR_RAD = 0.008, np.radians(1.5)
_SIGMAS = 4.0
# The median length of a three-dimensional normal vector is 1.538 sigma.
_MEDIAN_LENGTH = 1.538


def consensus(problem: Problem, seed: int = 0) -> tuple[Vector, Vector, Mask] | None:
    """Return X, Y and a mask of the views that agree with them, shape (n,).

    None where there are too few views to vote, or no sample of them has an answer.

    Args:
        problem: the views.
        seed: seed of the samples; the same views and seed give the same answer.
    """
    if len(problem) < FEWEST_VIEWS:
        return None
    rng = np.random.default_rng(seed)
    best: tuple[float, Vector, Vector] | None = None
    needed, tried = _MOST_SAMPLES, 0
    while tried < needed:
        tried += 1
        chosen = rng.choice(len(problem), _SAMPLE, replace=False)
        found = solve_all(problem.subset(chosen), ('PARK',))[0].X
        if found is None:
            continue
        Y = implied_Y(problem.subset(chosen), found)
        score = float(np.median(_normalised(problem, found, Y)))
        if best is None or score < best[0]:
            best = score, found, Y
            needed = _samples_needed(_agreeing(problem, found, Y).mean())
    if best is None:
        return None
    return best[1], best[2], _agreeing(problem, best[1], best[2])


def _normalised(problem: Problem, X: Vector, Y: Vector) -> Vector:
    """Return errors in units of the distances that count as near, shape (n,)."""
    position = centre_errors(problem, X, Y) / _NEAR_M
    normalised: Vector = np.maximum(position, angle_errors(problem, X, Y) / _NEAR_RAD)
    return normalised


def _agreeing(problem: Problem, X: Vector, Y: Vector) -> Mask:
    position, angle = centre_errors(problem, X, Y), angle_errors(problem, X, Y)
    agreeing: Mask = _near(position, _NEAR_M) & _near(angle, _NEAR_RAD)
    return agreeing


def _near(errors: Vector, smallest: float) -> Mask:
    sigma = float(np.median(errors)) / _MEDIAN_LENGTH
    near: Mask = errors <= max(smallest, _SIGMAS * sigma * _MEDIAN_LENGTH / 2.0)
    return near


def _samples_needed(share: float) -> int:
    """Return how many samples find one of good views alone, but for 1 in 10 000."""
    alone = min(float(share) ** _SAMPLE, 0.999)
    needed = np.log(_MISS_PROBABILITY) / np.log1p(-alone) if alone > 0.0 else np.inf
    return int(np.clip(needed, _FEWEST_SAMPLES, _MOST_SAMPLES))
