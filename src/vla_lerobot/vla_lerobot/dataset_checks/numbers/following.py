"""How the state follows the action: by which delay, and whether at all."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from vla_contract.values import Vector
from vla_lerobot.dataset_checks.episodes import EpisodeRows, Recorded
from vla_lerobot.dataset_checks.finding import Finding
from vla_lerobot.dataset_checks.others import FEWEST, spread_of_others

# Grid of delays [frames].
_FURTHEST, _STEP = 8.0, 0.25
# Fewer frames or less motion do not tell a delay.
_FEWEST = 8
_LEAST_MOTION = 0.005


@dataclass(frozen=True)
class Following:
    """By how much the state comes after the action.

    Attributes:
        lag: delay at which they fit best [frames].
        lags: delays that were tried.
        misfit: what remains of the motion at each, 0 for none, shape (L,).
    """

    lag: float
    lags: Vector
    misfit: Vector

    def misfit_at(self, lag: float) -> float:
        """Return what remains at a delay."""
        return float(np.interp(lag, self.lags, self.misfit))


def following(rows: EpisodeRows, arm: tuple[int, ...], joint_range: Vector) -> Following | None:
    """Find the delay at which the arm's state meets its action; None where too little moves.

    Joints are compared without their mean, so that a constant error of a servo does not count.
    Delays that leave less than half of the frames, or fewer than eight, are not tried.
    """
    joints = list(arm)
    state, action = rows.state[:, joints], rows.action[:, joints]
    scale = joint_range[joints]
    count = len(state)
    moving = (action.std(axis=0) > _LEAST_MOTION * scale) & (
        state.std(axis=0) > _LEAST_MOTION * scale
    )
    furthest = min(_FURTHEST, count - max(_FEWEST, count // 2))
    if not moving.any() or furthest < 1.0:
        return None
    state, action = state[:, moving], action[:, moving]
    lags: Vector = np.arange(-furthest, furthest + _STEP / 2, _STEP, dtype=np.float64)
    misfit = np.array([_misfit(state, action, float(lag)) for lag in lags])
    return Following(float(lags[int(np.argmin(misfit))]), lags, misfit)


def _misfit(state: Vector, action: Vector, lag: float) -> float:
    time = np.arange(len(state), dtype=np.float64)
    inside = (time + lag >= 0) & (time + lag <= len(state) - 1)
    moved = np.stack([np.interp(time[inside] + lag, time, joint) for joint in state.T], axis=1)
    asked = action[inside]
    error = (moved - moved.mean(axis=0)) - (asked - asked.mean(axis=0))
    return float(np.sum(error**2) / max(np.sum((asked - asked.mean(axis=0)) ** 2), 1e-12))


def all_following(data: Recorded) -> dict[int, Following]:
    """Return the delay of every episode that tells one."""
    if not data.has_positions:
        return {}
    found = {
        episode.number: following(episode.rows, data.cell.arm, data.range)
        for episode in data.episodes
    }
    return {number: entry for number, entry in found.items() if entry is not None}


# Good episodes have 1.75 to 2.5 frames at 10 Hz, whatever latency and noise.
_SHORTEST = 0.5
_LONGEST_S = 0.45
_FAR = 0.75
# Away from the best delay, the misfit has to grow by this for the delay to be known.
_SHARP = 1.5
_EQUAL = 1e-6


def measured_actions(data: Recorded) -> Iterator[Finding]:
    """The action of a frame is the state of that frame: nothing was commanded, or it was lost."""
    if not data.has_positions:
        return
    for episode in data.episodes:
        away = np.abs(episode.rows.action - episode.rows.state) / data.range
        if away.max() <= _EQUAL:
            text = 'the actions are the measured states of the same frames'
            cure = 'record what was commanded, or take the state of the next frame as action'
            yield Finding(episode.number, 'action is state', text, cure)


def misaligned(data: Recorded) -> Iterator[Finding]:
    """The state comes before its action, much later, or otherwise than in the other episodes."""
    found = all_following(data)
    period_s = 1.0 / data.deployment.policy.rate_hz
    lags = {number: entry.lag for number, entry in found.items()}
    for number, entry in found.items():
        others = spread_of_others(lags, number)
        usual = others.middle if others.count >= FEWEST else 2.0
        away = entry.lag - usual
        reasons = (
            (entry.lag < _SHORTEST, 'the state is there before the action asks for it', 1.0),
            (entry.lag * period_s > _LONGEST_S, 'the state follows very late', usual),
            (others.is_far(entry.lag, _FAR), f'the others have {usual:g} frames', usual),
        )
        for is_bad, reason, wanted in reasons:
            if is_bad and entry.misfit_at(wanted) > _SHARP * entry.misfit_at(entry.lag) + 1e-6:
                text = (
                    f'state and action fit best at {entry.lag:g} frames '
                    f'({entry.lag * period_s:.2f} s): {reason}'
                )
                way = 'earlier' if away < 0 else 'later'
                cure = f'move the actions {abs(round(away))} frames {way}, or leave it out'
                yield Finding(number, 'actions shifted', text, cure)
                break


def disagreeing(data: Recorded) -> Iterator[Finding]:
    """The state never gets where the action wants it: another joint, unit or sign.

    Grippers are left out: one that holds an object stops where the object is.
    """
    if not data.has_positions:
        return
    furthest = max(1, round(_LONGEST_S * data.deployment.policy.rate_hz))
    for episode in data.episodes:
        state, action = episode.rows.state, episode.rows.action
        lags = range(min(furthest, len(state) - 1) + 1)
        away = np.min(
            [np.abs(state[lag:] - action[: len(action) - lag]).mean(axis=0) for lag in lags],
            axis=0,
        )
        for joint in data.cell.arm:
            name = data.cell.joints[joint].name
            if away[joint] > data.limits.deviation_share * data.range[joint]:
                text = f'{name} is {away[joint]:.3f} away from its action in the mean'
                cure = 'check units and joint order, or leave it out with --skip-bad'
                yield Finding(episode.number, 'action and state disagree', text, cure)
            elif _is_mirrored(state[:, joint], action[:, joint], data.range[joint]):
                text = f'{name} moves against its action'
                cure = 'turn the sign of one of them'
                yield Finding(episode.number, 'action and state disagree', text, cure)


def _is_mirrored(state: Vector, action: Vector, joint_range: float) -> bool:
    """Whether a joint moves and does so against its action, at every small delay."""
    if len(state) < 2 * _FEWEST or min(state.std(), action.std()) < _LEAST_MOTION * joint_range:
        return False
    fits = [np.corrcoef(state[lag:], action[: len(action) - lag])[0, 1] for lag in range(5)]
    return bool(max(fits) < -0.5)
