"""What makes one demonstration unfit for training: each check is one function."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.policy_file import JOINT_POSITION
from vla_contract.schema import setting
from vla_contract.values import Vector


@dataclass(frozen=True)
class EpisodeLimits:
    """From where on an episode counts as bad.

    The defaults leave room to what the scripted expert records (400 episodes at 10 Hz): an
    action is reached within 0.8 % of the joint's range, 5 % of the steps at most are idle, and
    the shortest episode has 0.77 of the median length.
    """

    step_share: float = setting(
        0.0005, doc='a joint moved when it did more of its range in a step', lower=0.0, upper=1.0
    )
    idle_share: float = setting(0.6, doc='most steps without motion', lower=0.0, upper=1.0)
    length_share: float = setting(
        0.4, doc='shortest episode, of the median length', lower=0.0, upper=1.0
    )
    deviation_share: float = setting(
        0.05, doc='mean distance of state from action, of the range', lower=0.0, upper=1.0
    )
    largest_lag: int = setting(5, doc='steps within which an action is reached', lower=0)
    beyond_share: float = setting(
        0.05, doc='how far beyond its limits a joint may be, of its range', lower=0.0
    )


@dataclass(frozen=True)
class EpisodeRows:
    """The numbers of one episode, in the cell's joint order.

    Attributes:
        state: measured positions, shape (T, D) [rad or m].
        action: commanded positions, shape (T, D) [rad or m].
        stamp_s: time of each frame, shape (T,).
        length: frames that the dataset says it has.
        median_length: frames of its middle episode.
    """

    state: Vector
    action: Vector
    stamp_s: Vector
    length: int
    median_length: float


Check = Callable[[EpisodeRows, Deployment, EpisodeLimits], Iterator[str]]


def find_faults(rows: EpisodeRows, deployment: Deployment, limits: EpisodeLimits) -> list[str]:
    """Return what is wrong with an episode, one sentence each; of broken numbers nothing else."""
    if broken := list(corrupt(rows)):
        return broken
    return [fault for check in CHECKS for fault in check(rows, deployment, limits)]


def corrupt(rows: EpisodeRows) -> Iterator[str]:
    """Frames are missing, or hold what is not a number."""
    if len(rows.state) != rows.length:
        yield f'corrupt: {len(rows.state)} of {rows.length} frames are there'
    if not len(rows.state):
        return
    for name, values in (('state', rows.state), ('action', rows.action)):
        broken = ~np.isfinite(values).all(axis=1)
        if broken.any():
            yield f'corrupt: {name} is not finite in frame {int(np.argmax(broken))}'


def truncated(rows: EpisodeRows, deployment: Deployment, limits: EpisodeLimits) -> Iterator[str]:
    """It is much shorter than the others, or frames are missing inside."""
    shortest = limits.length_share * rows.median_length
    if rows.length < shortest:
        yield f'truncated: {rows.length} frames, the middle episode has {rows.median_length:g}'
    gaps = np.abs(np.diff(rows.stamp_s) * deployment.policy.rate_hz - 1.0) > 0.5
    if gaps.any():
        frame = int(np.argmax(gaps))
        gap = rows.stamp_s[frame + 1] - rows.stamp_s[frame]
        yield f'truncated: {gap:.3f} s between frames {frame} and {frame + 1}'


def idle(rows: EpisodeRows, deployment: Deployment, limits: EpisodeLimits) -> Iterator[str]:
    """The robot mostly stands still: policies learn that first."""
    moved = np.abs(np.diff(rows.state, axis=0)) > limits.step_share * _range(deployment.cell)
    share = 1.0 - moved.any(axis=1).mean() if len(moved) else 1.0
    if share > limits.idle_share:
        yield f'idle: nothing moves in {share:.0%} of its steps'


def beyond_limits(
    rows: EpisodeRows, deployment: Deployment, limits: EpisodeLimits
) -> Iterator[str]:
    """A joint is where it cannot be: other units, or another joint's numbers."""
    cell = deployment.cell
    slack = limits.beyond_share * _range(cell)
    lower = np.array([joint.lower for joint in cell.joints]) - slack
    upper = np.array([joint.upper for joint in cell.joints]) + slack
    for name, values in (('state', rows.state), ('action', rows.action)):
        for joint in np.flatnonzero(((values < lower) | (values > upper)).any(axis=0)):
            low, high = values[:, joint].min(), values[:, joint].max()
            limit = cell.joints[joint]
            yield (
                f'beyond limits: {name} of {limit.name} goes from {low:.2f} to {high:.2f}; '
                f'allowed: {limit.lower:.2f} to {limit.upper:.2f}'
            )


def disagreeing(rows: EpisodeRows, deployment: Deployment, limits: EpisodeLimits) -> Iterator[str]:
    """The state never gets where the action wants it, at any delay: another joint or unit.

    Grippers are left out: one that holds an object stops where the object is.
    """
    if deployment.policy.action_kind != JOINT_POSITION:
        return
    lags = range(min(limits.largest_lag, len(rows.state) - 1) + 1)
    deviations = [
        np.abs(rows.state[lag:] - rows.action[: len(rows.action) - lag]).mean(axis=0)
        for lag in lags
    ]
    deviation = np.min(deviations, axis=0)
    cell = deployment.cell
    for joint in cell.arm:
        if deviation[joint] > limits.deviation_share * _range(cell)[joint]:
            yield (
                f'action and state disagree: {cell.joints[joint].name} is '
                f'{deviation[joint]:.3f} away from its action in the mean'
            )


CHECKS: tuple[Check, ...] = (truncated, idle, beyond_limits, disagreeing)


def _range(cell: Cell) -> Vector:
    return np.array([joint.upper - joint.lower for joint in cell.joints])
