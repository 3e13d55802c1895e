"""Are actions positions, velocities or deltas? By names, by frames, or by their statistics."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector
from vla_contract.vectors.component import JOINT_DELTA, JOINT_POSITION, JOINT_VELOCITY
from vla_lerobot.column_names import MOVE, VELOCITY
from vla_lerobot.drafting.dataset_facts import Rows
from vla_lerobot.drafting.numbers import Numbers

# Positions that are commanded have nearly the mean of those that are measured; moves have a mean
# near 0. Distances of the means as shares of the deviation, and of the span.
_APART, _CENTRED = 3.0, 0.25
# A joint that hardly moved says nothing: its deviation counts as this share of the largest.
_LEAST_STD = 0.1
# Correlation over frames above which actions are what the joints do next.
_FOLLOWS = 0.6
# Moves as large as this share of what the limit of velocity permits; measured limits are passed.
_ABOVE_LIMIT = 1.2
# Normalised actions are cut at exactly 1.
_CUT, _EXACT = 1.0, 1e-3
# Of the preset droid: 0.2 rad in each step of 15 Hz.
_DROID_SCALE = 3.0
_FEW = 20
_NORMALISED = (
    'guess: moves cut at -1 and 1; 3 rad/s for 1.0 is what DROID means, and nothing records it '
    'here'
)
_SMALL = (
    'guess: moves from the last step; or velocities, or joint_relative_to_state, from where the '
    'joint was seen?'
)


@dataclass(frozen=True)
class Quantity:
    """What the numbers of an action's joints are.

    Attributes:
        name: quantity of a component.
        scale: how many units, or units per second, 1.0 means.
        remark: how that is known, for a comment; begins with 'guess' where it is not recorded.
    """

    name: str = JOINT_POSITION
    scale: float = 1.0
    remark: str = ''


def quantity_of(
    state: Numbers, action: Numbers, arm: Sequence[int], kinds: Sequence[str], rate_hz: float,
    top_speeds: Vector, rows: Rows | None,
) -> Quantity:  # fmt: skip
    """Return what the actions of an arm's joints are.

    Args:
        state: numbers of the state, those of the joints in the same order as of the action.
        action: numbers of the action.
        arm: places of the arm's joints in both.
        kinds: what the endings of the action's names say.
        rate_hz: of the policy [Hz].
        top_speeds: of these joints, in the unit of the state per second.
        rows: frames of the dataset, None without one.
    """
    said, places = {kinds[i] for i in arm}, list(arm)
    if MOVE in said:
        return Quantity(JOINT_DELTA, 1.0, 'guess: by the names of the action')
    is_velocity = VELOCITY in said
    if rows is not None and len(rows.state) >= _FEW and rows.state.shape == rows.action.shape:
        found = _by_frames(rows, places, rate_hz)
        if found is not None and not (is_velocity and found.name == JOINT_POSITION):
            return found
    if not is_velocity and not are_moves(state, action, places):
        return Quantity()
    low, high = action.ends or (np.zeros(action.width), np.zeros(action.width))
    largest = np.maximum(np.abs(low), np.abs(high))[places]
    if np.count_nonzero(np.abs(largest - _CUT) <= _EXACT) >= 2:
        return Quantity(JOINT_VELOCITY, _DROID_SCALE, _NORMALISED)
    if is_velocity:
        return Quantity(JOINT_VELOCITY, 1.0, 'as the names of the action say')
    if (largest > _ABOVE_LIMIT * top_speeds / rate_hz).any():
        return Quantity(JOINT_VELOCITY, 1.0, 'guess: moves too large for one step: velocities')
    return Quantity(JOINT_DELTA, 1.0, _SMALL)


def top_speeds(joints: Sequence[str], sizes: Vector, cell: Cell) -> Vector:
    """Return the largest speeds of joints in units of their numbers per second.

    Args:
        joints: of the cell.
        sizes: rad or m of 1.0 of each number.
        cell: with their limits.
    """
    limits = [cell.joints[cell.joint_names.index(name)].velocity for name in joints]
    speeds: Vector = np.array(limits) / sizes
    return speeds


def are_moves(state: Numbers, action: Numbers, places: Sequence[int]) -> bool:
    """Whether the statistics of an action are those of moves, not of positions.

    Args:
        state: numbers of the state, of the same joints as the action's.
        action: numbers of the action.
        places: of the arm's joints in both.
    """
    if state.width != action.width or state.ends is None or action.ends is None:
        return False
    places = list(places)
    deviations = state.spread[places]
    deviations = np.maximum(deviations, _LEAST_STD * max(deviations.max(initial=0.0), 1e-9))
    apart = np.abs(action.centre - state.centre)[places] / deviations
    low, high = action.ends
    centred = np.abs(action.centre)[places] / np.maximum((high - low)[places], 1e-9)
    return bool(apart.max() > _APART and (centred < _CENTRED).all())


def _by_frames(rows: Rows, places: list[int], rate_hz: float) -> Quantity | None:
    """Return what actions are by what the joints do after them, None where that is not clear."""
    same = np.flatnonzero(np.diff(rows.episode) == 0)
    before, after = rows.state[same][:, places], rows.state[same + 1][:, places]
    action, moves = rows.action[same][:, places], after - before
    as_position = float(np.nanmedian(_correlations(action, after)))
    as_move = float(np.nanmedian(_correlations(action, moves)))
    if as_position >= max(_FOLLOWS, as_move):
        return Quantity(remark='the actions of the dataset are where the joints go')
    if as_move < _FOLLOWS:
        return None
    step = float((action * moves).sum() / (action * action).sum())
    if 0.7 <= step <= 1.4:
        return Quantity(JOINT_DELTA, 1.0, 'guess: by the frames of the dataset: moves of one step')
    scale = step * rate_hz
    rounded = 1.0 if 0.7 <= scale <= 1.4 else float(f'{scale:.2g}')
    remark = (
        f'guess: by the frames of the dataset, where 1.0 moves a joint by {step:.3g} in a step'
    )
    return Quantity(JOINT_VELOCITY, rounded, remark)


def _correlations(one: Vector, other: Vector) -> Vector:
    """Return the correlation of each column, shape (J,); NaN for columns that are still."""
    a, b = one - one.mean(axis=0), other - other.mean(axis=0)
    size = np.sqrt((a * a).sum(axis=0) * (b * b).sum(axis=0))
    found: Vector = (a * b).sum(axis=0) / np.where(size > 0.0, size, np.nan)
    return found if np.isfinite(found).any() else np.zeros_like(found)
