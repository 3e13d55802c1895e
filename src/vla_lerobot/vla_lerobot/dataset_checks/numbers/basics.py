"""Numbers that are missing, impossible or without motion: what one episode tells alone."""

from collections.abc import Iterator

import numpy as np
from vla_contract.values import Vector
from vla_lerobot.dataset_checks.episodes import Episode, Recorded
from vla_lerobot.dataset_checks.finding import Finding

_LEAVE_OUT = 'leave it out with --skip-bad'
# Of a period: LeRobot's stamps are k / fps exactly, those of recordings jitter.
_STAMP_SLACK = 0.5


def corrupt(episode: Episode) -> Iterator[Finding]:
    """Frames are missing, or hold what is not a number: nothing else can be asked of these."""
    rows = episode.rows
    if not rows.length:
        text = 'the dataset says that it has no frame'
        yield Finding(episode.number, 'empty', text, 'remove it from meta/episodes')
        return
    if len(rows.state) != rows.length:
        text = f'{len(rows.state)} of {rows.length} frames are there'
        yield Finding(episode.number, 'corrupt', text, 'copy the dataset again')
    columns = {'state': rows.state, 'action': rows.action, 'timestamp': rows.stamp_s[:, None]}
    for name, values in columns.items():
        broken = ~np.isfinite(values).all(axis=1)
        if broken.any():
            frame = int(np.argmax(broken))
            text = f'{name} is not finite in frame {frame}'
            yield Finding(episode.number, 'corrupt', text, _LEAVE_OUT, frames=(frame, frame))


def out_of_time(data: Recorded) -> Iterator[Finding]:
    """Stamps that jump, stand, run backwards or begin late: frames are missing or misplaced."""
    period_s = 1.0 / data.deployment.policy.rate_hz
    for episode in data.episodes:
        stamps = episode.rows.stamp_s
        if abs(stamps[0]) > _STAMP_SLACK * period_s:
            text = f'its first frame is at {stamps[0]:.3f} s; allowed: 0 s'
            yield Finding(episode.number, 'time', text, 'write the time stamps again', '', (0, 0))
        gaps = np.abs(np.diff(stamps) / period_s - 1.0) > _STAMP_SLACK
        if gaps.any():
            frame = int(np.argmax(gaps))
            gap_s = stamps[frame + 1] - stamps[frame]
            text = f'{gap_s:.3f} s between frames {frame} and {frame + 1}'
            cure = f'record again, or convert at {1.0 / period_s:g} Hz'
            yield Finding(episode.number, 'truncated', text, cure, frames=(frame, frame + 1))


def truncated(data: Recorded) -> Iterator[Finding]:
    """It is much shorter than the others."""
    for episode in data.episodes:
        rows = episode.rows
        if rows.length < data.limits.length_share * rows.median_length:
            text = f'{rows.length} frames, the middle episode has {rows.median_length:g}'
            yield Finding(episode.number, 'truncated', text, _LEAVE_OUT)


def idle(data: Recorded) -> Iterator[Finding]:
    """The robot mostly stands still: policies learn that first."""
    for episode in data.episodes:
        share = idle_share(episode.rows.state, data.limits.step_share * data.range)
        if share > data.limits.idle_share:
            text = f'nothing moves in {share:.0%} of its steps'
            yield Finding(episode.number, 'idle', text, 'cut the pauses, or leave it out')


def idle_share(state: Vector, least: Vector) -> float:
    """Return the share of steps in which no joint moves.

    Args:
        state: positions, shape (T, D) [rad or m].
        least: what counts as a motion of each joint, shape (D,).
    """
    moved = (np.abs(np.diff(state, axis=0)) > least).any(axis=1)
    return float(1.0 - moved.mean()) if len(moved) else 1.0


def beyond_limits(data: Recorded) -> Iterator[Finding]:
    """A joint is where it cannot be: other units, or another joint's numbers."""
    joints = data.cell.joints
    slack = data.limits.beyond_share * data.range
    lower = np.array([joint.lower for joint in joints]) - slack
    upper = np.array([joint.upper for joint in joints]) + slack
    for episode in data.episodes:
        for name in ('state', 'action'):
            values = getattr(episode.rows, name)
            outside = (values < lower) | (values > upper)
            for joint in np.flatnonzero(outside.any(axis=0)):
                frames = np.flatnonzero(outside[:, joint])
                limit = joints[joint]
                text = (
                    f'{name} of {limit.name} goes from {values[:, joint].min():.2f} to '
                    f'{values[:, joint].max():.2f}; allowed: {limit.lower:.2f} to '
                    f'{limit.upper:.2f}'
                )
                cure = 'convert its units, or leave it out with --skip-bad'
                ends = (int(frames[0]), int(frames[-1]))
                yield Finding(episode.number, 'beyond limits', text, cure, frames=ends)
