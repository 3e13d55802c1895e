"""Two groups of views that agree with themselves, not with each other: something was changed.

A tool frame that was set half-way moves X and leaves Y; a board that was moved, the reverse.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from vla_calibration.geometry import se3
from vla_calibration.hand_eye.solve.methods import (
    angle_errors,
    centre_errors,
    implied_Y,
    initial_guess,
    solve_all,
)
from vla_calibration.hand_eye.solve.problem import HandEyeError, Mask, Problem

_SAMPLE, _SAMPLES = 4, 300
# Views of one group, of a robot of any make, and how much further apart groups are.
_NEAR_M, _NEAR_RAD, _APART = 0.006, np.radians(1.5), 2.0
# What was moved by less is not told from the errors of a robot.
_LEAST_MM = 12.0
_FEWEST, _SMALLEST_SHARE = 5, 0.8


def explain_groups(problem: Problem, names: Sequence[str]) -> str:
    """Say which views agree with which, and what was changed in between; empty if no two groups.

    Args:
        problem: views that do not agree.
        names: of the views.
    """
    everyone = np.ones(len(problem), dtype=bool)
    first = _largest(problem, everyone)
    second = _largest(problem, everyone & ~first)
    together = int(first.sum() + second.sum())
    if min(first.sum(), second.sum()) < _FEWEST or together < _SMALLEST_SHARE * len(problem):
        return ''
    if first.argmax() > second.argmax():
        first, second = second, first
    try:
        (X, Y), (other_X, other_Y) = (initial_guess(problem.subset(g)) for g in (first, second))
    except HandEyeError:
        return ''
    camera_mm, board_mm = (
        1000.0 * float(np.linalg.norm(se3.log(se3.inverse(a) @ b)[3:]))
        for a, b in ((X, other_X), (Y, other_Y))
    )
    if max(camera_mm, board_mm) < _LEAST_MM:
        return ''
    return (
        f'they are two groups of views: {_said(first, names)} agree with one another, and so do '
        f'{_said(second, names)}; in between '
        + _changed(camera_mm, board_mm, problem.gripper_is_reference)
    )


def _changed(camera_mm: float, board_mm: float, is_board_in_gripper: bool) -> str:
    """Say what was moved; a tool frame that was set moves what the gripper carries."""
    carried, standing = ('board', 'camera') if is_board_in_gripper else ('camera', 'board')
    carried_mm, standing_mm = camera_mm, board_mm
    if is_board_in_gripper:
        carried_mm, standing_mm = board_mm, camera_mm
    if carried_mm > _APART * standing_mm:
        return (
            f'what the robot calls its tool changed by {carried_mm:.0f} mm (a TCP was set), or '
            f'the {carried} was moved in the gripper'
        )
    if standing_mm > _APART * carried_mm:
        return f'the {standing} was moved by {standing_mm:.0f} mm'
    return f'camera ({camera_mm:.0f} mm) and board ({board_mm:.0f} mm) were both moved'


def _largest(problem: Problem, among: Mask) -> Mask:
    """Return the most views, of some, that one X and Y explain, shape (n,)."""
    best: Mask = np.zeros(len(problem), dtype=bool)
    places = np.flatnonzero(among)
    if len(places) < _FEWEST:
        return best
    rng = np.random.default_rng(0)
    for _ in range(_SAMPLES):
        found = _explained(problem, _sample(places, rng))
        if (found & among).sum() > best.sum():
            best = found & among
        if best.sum() == len(places):
            break
    return best


def _sample(places: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw views, every other time neighbours: what is changed stays so for a while."""
    if rng.random() < 0.5:
        start = int(rng.integers(0, len(places) - _SAMPLE + 1))
        return places[start : start + _SAMPLE]
    return rng.choice(places, _SAMPLE, replace=False)


def _explained(problem: Problem, chosen: NDArray[np.intp]) -> Mask:
    part = problem.subset(chosen)
    X = solve_all(part, ('PARK',))[0].X
    if X is None:
        return np.zeros(len(problem), dtype=bool)
    Y = implied_Y(part, X)
    near: Mask = centre_errors(problem, X, Y) <= _NEAR_M
    near &= angle_errors(problem, X, Y) <= _NEAR_RAD
    return near


def _said(group: Mask, names: Sequence[str]) -> str:
    """Name a group: first and last where it is without gaps, else all, up to some."""
    places = np.flatnonzero(group)
    if len(places) == places[-1] - places[0] + 1:
        return f'{names[places[0]]} to {names[places[-1]]}'
    said = ', '.join(names[place] for place in places[:8])
    return said + (f' and {len(places) - 8} more' if len(places) > 8 else '')
