"""Pairs poses of two recordings by their time stamps, whose clocks need not agree.

The offset between the clocks is where robot and camera turn at the same time: between two stamps
both turn by the same angle, wherever the camera is mounted (ethz-asl/hand_eye_calibration does the
same, with angular velocities).
"""

from dataclasses import dataclass

import numpy as np
from vla_calibration.geometry import se3
from vla_calibration.hand_eye.solve.problem import HandEyeError
from vla_contract import so3
from vla_contract.values import Vector

# Stamps nearer than this are of one moment; poses further apart are not interpolated.
_SAME_S, _LONGEST_GAP_S = 0.002, 0.2
# Step of the search [s], and the span of one angle: long enough to turn by some degrees.
_STEP_S, _SPAN_S = 0.01, 0.3
# Median difference of angles of recordings that belong together [rad].
_LARGEST_RAD = np.radians(1.5)
_FEWEST = 5
# Views further apart than this are two; so many are plenty.
_NOVEL_RAD, _NOVEL_M, _MOST_VIEWS = np.radians(8.0), 0.05, 80


@dataclass(frozen=True, eq=False)
class Recording:
    """Poses over time.

    Attributes:
        stamps: ascending, shape (n,) [s].
        poses: shape (n, 4, 4).
    """

    stamps: Vector
    poses: Vector

    @classmethod
    def of(cls, stamps: Vector, poses: Vector) -> 'Recording':
        """Sort by time; of several poses at one stamp the first counts."""
        stamps, first = np.unique(stamps, return_index=True)
        return cls(stamps, poses[first])

    def at(self, stamps: Vector) -> tuple[Vector, Vector]:
        """Return poses at stamps, shape (m, 4, 4), and which of them are known, (m,)."""
        after = np.clip(np.searchsorted(self.stamps, stamps), 1, len(self.stamps) - 1)
        t0, t1 = self.stamps[after - 1], self.stamps[after]
        share = np.clip((stamps - t0) / (t1 - t0), 0.0, 1.0)
        step = se3.log(se3.inverse(self.poses[after - 1]) @ self.poses[after])
        poses = self.poses[after - 1] @ se3.exp(step * share[:, None])
        away = np.minimum(np.abs(stamps - t0), np.abs(stamps - t1))
        inside = (stamps >= self.stamps[0]) & (stamps <= self.stamps[-1])
        known = (away <= _SAME_S) | (inside & (t1 - t0 <= _LONGEST_GAP_S))
        return poses, known


@dataclass(frozen=True, eq=False)
class Pairs:
    """Poses of one moment each.

    Attributes:
        first: shape (n, 4, 4).
        second: shape (n, 4, 4).
        offset_s: what was added to the second one's stamps.
    """

    first: Vector
    second: Vector
    offset_s: float


def pair_by_stamps(first: Recording, second: Recording) -> Pairs:
    """Find the offset of the clocks and pair the poses of one moment.

    Raises:
        HandEyeError: at no offset do both turn alike.
    """
    candidates = _candidates(first, second)
    scored = [(_mismatch(first, second, offset), offset) for offset in candidates]
    mismatch, offset = min(scored, key=lambda pair: (round(pair[0], 4), abs(pair[1])))
    if mismatch > _LARGEST_RAD:
        raise HandEyeError(
            f'time stamps: the poses of both files are {np.degrees(mismatch):.1f} deg apart at '
            f'the best offset of their clocks ({offset:+.3f} s); allowed: '
            f'{np.degrees(_LARGEST_RAD):g} deg; they are of two recordings, or one is no pose of '
            'a rigid link'
        )
    poses, known = first.at(second.stamps + offset)
    is_list = len(first.stamps) == len(second.stamps) == known.sum() <= _MOST_VIEWS
    chosen = list(range(len(poses))) if is_list else _novel(poses[known])
    return Pairs(poses[known][chosen], second.poses[known][chosen], float(offset))


def _candidates(first: Recording, second: Recording) -> list[float]:
    """Return offsets worth a try: none, those of single poses, and where speeds fit best."""
    tried = {0.0, float(first.stamps[0] - second.stamps[0])}
    if len(first.stamps) == len(second.stamps):
        tried.add(float(np.median(first.stamps - second.stamps)))
    gap_s = max(float(np.median(np.diff(r.stamps))) for r in (first, second))
    if gap_s <= _LONGEST_GAP_S:
        coarse = _by_speed(first, second)
        tried |= {coarse + k * 0.001 for k in range(-20, 21)}
    return sorted(tried)


def _by_speed(first: Recording, second: Recording) -> float:
    """Return the offset at which the angular speeds correlate best, to a step [s]."""
    speeds = []
    for recording in (first, second):
        grid = np.arange(recording.stamps[0], recording.stamps[-1] - _SPAN_S, _STEP_S)
        before, after = recording.at(grid)[0], recording.at(grid + _SPAN_S)[0]
        speed = _angles(se3.inverse(before) @ after)
        speeds.append((grid[0], speed - speed.mean()))
    (start, a), (other, b) = speeds
    size = 1 << int(np.ceil(np.log2(len(a) + len(b))))
    likeness = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    lag = int(np.argmax(likeness))
    lag = lag - size if lag > size // 2 else lag
    return float(start - other + lag * _STEP_S)


def _mismatch(first: Recording, second: Recording, offset: float) -> float:
    """Return the median difference of the angles by which both turn [rad]; inf if few meet."""
    poses, known = first.at(second.stamps + offset)
    if known.sum() < max(_FEWEST, 0.2 * len(known)):
        return float('inf')
    robot, board = poses[known], second.poses[known]
    # Some fixed steps, so that small motions between neighbours do not hide a wrong offset.
    step = max(1, len(robot) // 40)
    difference = np.abs(
        _angles(se3.inverse(robot[:-step]) @ robot[step:])
        - _angles(se3.inverse(board[:-step]) @ board[step:])
    )
    return float(np.median(difference))


def _novel(poses: Vector) -> list[int]:
    """Return the views that differ from those before, evenly thinned to what is plenty."""
    chosen: list[int] = []
    for i, T in enumerate(poses):
        step = se3.log(se3.inverse(poses[chosen]) @ T) if chosen else np.zeros((0, 6))
        is_near = np.linalg.norm(step[:, :3], axis=1) < _NOVEL_RAD
        is_near &= np.linalg.norm(step[:, 3:], axis=1) < _NOVEL_M
        if not is_near.any():
            chosen.append(i)
    every = -(-len(chosen) // _MOST_VIEWS)
    return chosen[:: max(every, 1)]


def _angles(T: Vector) -> Vector:
    quaternions = so3.Rotation.from_matrix(T[..., :3, :3]).as_quat()
    angles: Vector = 2.0 * np.arccos(np.clip(np.abs(quaternions[..., 3]), 0.0, 1.0))
    return angles
