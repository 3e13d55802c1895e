"""Joints and grippers whose values are unlike those of the other episodes of the same task."""

from collections.abc import Iterator, Sequence

import numpy as np
from vla_contract.values import Vector
from vla_lerobot.dataset_checks.episodes import Episode, Recorded
from vla_lerobot.dataset_checks.finding import Finding
from vla_lerobot.dataset_checks.others import FEWEST, spread

# Of the range: how far a joint may stay away from all that the others cover.
_APART = 0.25
_DEGREES = 180.0 / np.pi
# Points of an episode's time at which grippers are compared.
_POINTS = 20
# Of a gripper's range.
_GRIPS, _HOLDS = 0.15, 0.02
_END = 0.3


def apart(data: Recorded) -> Iterator[Finding]:
    """A joint never comes near where it is in any other episode: other units or zero."""
    for episode, others in _with_others(data):
        for name in ('state', 'action'):
            own = getattr(episode.rows, name)
            theirs = np.concatenate([getattr(other.rows, name) for other in others])
            for joint in range(own.shape[1]):
                low, high = theirs[:, joint].min(), theirs[:, joint].max()
                slack = max(_APART * data.range[joint], high - low)
                mine = own[:, joint]
                if mine.min() > high + slack or mine.max() < low - slack:
                    cause = _cause(own, joint, low - slack, high + slack)
                    text = (
                        f'{name} of {data.cell.joints[joint].name} differs from the others: '
                        f'{mine.min():.2f} to {mine.max():.2f}, not {low:.2f} to {high:.2f}'
                        f'{cause}'
                    )
                    cure = 'convert it, or leave it out with --skip-bad'
                    yield Finding(episode.number, 'other numbers', text, cure)


def _cause(own: Vector, joint: int, low: float, high: float) -> str:
    """Guess what was done to a joint's values, from what would bring them to the others."""
    mine = own[:, joint]
    guesses = [
        (mine / _DEGREES, 'degrees'),
        (mine * _DEGREES, 'radians of degrees'),
        (-mine, 'turned sign'),
        *((own[:, k], f'exchanged with joint {k + 1}') for k in range(own.shape[1]) if k != joint),
    ]
    for values, name in guesses:
        if low <= values.min() and values.max() <= high:
            return f'; perhaps {name}'
    return ''


def grippers(data: Recorded) -> Iterator[Finding]:
    """A gripper that is inverted, or never moves, where it opens and closes in the others."""
    for episode, others in _with_others(data):
        for joint in data.cell.grippers:
            span = data.range[joint]
            lower = data.cell.joints[joint].lower
            name = data.cell.joints[joint].name
            for column in ('action', 'state'):
                own = (getattr(episode.rows, column)[:, joint] - lower) / span
                theirs = [(getattr(o.rows, column)[:, joint] - lower) / span for o in others]
                moved = [float(np.ptp(values)) for values in theirs]
                never = episode.is_demonstration and np.ptp(own) < _HOLDS
                if never and spread(moved).middle > _GRIPS:
                    text = f'{column} of {name} never changes, in the others it does'
                    cure = 'record again with the gripper, or leave it out with --skip-bad'
                    yield Finding(episode.number, 'gripper', text, cure)
                    break
                if _is_inverted(own, theirs):
                    text = f'{column} of {name} is open where it is closed in the others'
                    yield Finding(episode.number, 'gripper', text, 'invert its values')
                    break


def _is_inverted(own: Vector, theirs: Sequence[Vector]) -> bool:
    """Whether the values, taken from the other end, are those that the others have in time."""
    traces = np.array([_in_time(values) for values in theirs])
    middle = np.median(traces, axis=0)
    usual = float(np.median([np.abs(trace - middle).mean() for trace in traces]))
    mine = _in_time(own)
    span = max(float(np.max(values)) for values in theirs)
    low = min(float(np.min(values)) for values in theirs)
    turned = min(
        float(np.abs(low + span - mine - middle).mean()), float(np.abs(1.0 - mine - middle).mean())
    )
    straight = float(np.abs(mine - middle).mean())
    return straight > max(0.2, 2.5 * usual) and turned < 0.6 * straight


def _in_time(values: Vector) -> Vector:
    """Return values at equal shares of an episode's time."""
    places = np.linspace(0, len(values) - 1, _POINTS)
    return np.asarray(np.interp(places, np.arange(len(values)), values))


def unfinished(data: Recorded) -> Iterator[Finding]:
    """The gripper ends where it does in no other episode of the task: the end is missing.

    Episodes that a policy failed in end as they end; only demonstrations are asked.
    """
    for episode, others in _with_others(data):
        if not episode.is_demonstration:
            continue
        for joint in data.cell.grippers:
            ends = [other.rows.state[-1, joint] / data.range[joint] for other in others]
            usual = spread(ends)
            own = episode.rows.state[-1, joint] / data.range[joint]
            if usual.is_far(own, _END):
                name = data.cell.joints[joint].name
                text = (
                    f'{name} ends at {own:.0%} of its range, in the others at {usual.middle:.0%}'
                )
                cure = 'leave it out with --skip-bad: its end is missing'
                yield Finding(episode.number, 'truncated', text, cure)


def _with_others(data: Recorded) -> Iterator[tuple[Episode, list[Episode]]]:
    """Yield each episode with the others of its task, where these are enough to judge by."""
    for episode in data.episodes:
        others = [
            other for other in data.episodes if other is not episode and other.task == episode.task
        ]
        if len(others) >= FEWEST:
            yield episode, others
