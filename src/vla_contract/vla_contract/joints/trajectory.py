"""Slow joint motions with a beginning and an end, and the chunks that ask the filter for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.errors import UnknownNameError, VlaError
from vla_contract.values import ActionChunk, to_ns, Vector


class JointTrajectory(Protocol):
    """Positions over time."""

    @property
    def duration_s(self) -> float:
        """Time from beginning to end [s]."""

    def at(self, time_s: float) -> Vector:
        """Return positions, shape (D,) [rad or m], at any time; held before and after."""


@dataclass(frozen=True, eq=False)
class JointMove:
    """From one position to another, at rest at both ends, with the least jerk.

    Attributes:
        start: shape (D,) [rad or m].
        goal: likewise.
        duration_s: time it takes [s].
    """

    start: Vector
    goal: Vector
    duration_s: float

    def at(self, time_s: float) -> Vector:
        """Return the position; 10 s^3 - 15 s^4 + 6 s^5 (Flash and Hogan 1985)."""
        s = float(np.clip(time_s / self.duration_s, 0.0, 1.0))
        share = s**3 * (10.0 - 15.0 * s + 6.0 * s**2)
        position: Vector = self.start + share * (self.goal - self.start)
        return position


@dataclass(frozen=True, eq=False)
class InTurn:
    """One trajectory after the other; each must begin where the last one ends.

    Attributes:
        parts: one or more.
    """

    parts: tuple[JointTrajectory, ...]

    @property
    def duration_s(self) -> float:
        """Time from beginning to end [s]."""
        return sum(part.duration_s for part in self.parts)

    def at(self, time_s: float) -> Vector:
        """Return the position of the part whose turn it is."""
        for part in self.parts[:-1]:
            if time_s < part.duration_s:
                return part.at(time_s)
            time_s -= part.duration_s
        return self.parts[-1].at(time_s)


def joint_move(cell: Cell, start: Vector, goal: Vector, speed: float) -> JointMove:
    """Return a move at a share of the velocity limits, and its square of the acceleration limits.

    As of a move that is slowed down: its accelerations fall with the square. The profile's largest
    speed is 1.875 of the mean, its largest acceleration 5.7735 d / T^2.
    """
    distance = np.abs(goal - start)
    velocity = speed * np.array([joint.velocity for joint in cell.joints])
    acceleration = speed**2 * np.array([joint.acceleration for joint in cell.joints])
    by_speed = 1.875 * distance / velocity
    by_acceleration = np.sqrt(5.7735 * distance / acceleration)
    return JointMove(start, goal, float(max(by_speed.max(), by_acceleration.max(), 0.1)))


@dataclass(frozen=True, eq=False)
class Excitation:
    """Each joint of the arm in turn sways about its place, and comes back to it.

    Attributes:
        centre: where the arm stands, shape (D,) [rad or m].
        joints: indices of the joints that sway, in turn.
        amplitude: of the sway [rad or m].
        period_s: of the sway [s].
        rest_s: before, between and after [s].
    """

    centre: Vector
    joints: tuple[int, ...]
    amplitude: float
    period_s: float = 2.0
    rest_s: float = 0.6

    @property
    def duration_s(self) -> float:
        """Time from beginning to end [s]."""
        return self.rest_s + len(self.joints) * (self.period_s + self.rest_s)

    def span(self, index: int) -> tuple[float, float]:
        """Return when the joint at this index of `joints` begins and ends to move [s]."""
        begin = self.rest_s + index * (self.period_s + self.rest_s)
        return begin, begin + self.period_s

    def at(self, time_s: float) -> Vector:
        """Return the position; a sine within a Hann window starts and ends without a jerk."""
        position = np.array(self.centre)
        for index, joint in enumerate(self.joints):
            begin, end = self.span(index)
            if begin < time_s < end:
                phase = (time_s - begin) / self.period_s
                window = 0.5 - 0.5 * np.cos(2.0 * np.pi * phase)
                position[joint] += self.amplitude * window * np.sin(2.0 * np.pi * phase) / 0.65
        return position


def excitation_of(
    cell: Cell,
    centre: Vector,
    names: Sequence[str],
    amplitude: float,
    period_s: float,
) -> Excitation:
    """Return an excitation of the named joints of the arm, of all where none is named.

    Raises:
        UnknownNameError: a name is none of the arm's joints.
        VlaError: a joint stands too near to its limit.
    """
    arm = {cell.joints[i].name: i for i in cell.arm}
    for name in names:
        if name not in arm:
            raise UnknownNameError('joint', name, f'the arm of {cell.name}', arm)
    chosen = [arm[name] for name in names] or list(cell.arm)
    for i in chosen:
        joint = cell.joints[i]
        if not joint.lower + amplitude <= centre[i] <= joint.upper - amplitude:
            raise VlaError(
                f'{joint.name} stands at {centre[i]:.3f} rad or m; allowed: {amplitude:g} away '
                f'from its limits {joint.lower:g} and {joint.upper:g}'
            )
    return Excitation(centre, tuple(chosen), amplitude, period_s)


def chunk_of(
    trajectory: JointTrajectory, begin_ns: int, now_ns: int, fps: float, horizon_s: float
) -> ActionChunk:
    """Return what remains of a trajectory as a chunk observed now.

    Args:
        trajectory: where to be.
        begin_ns: time at which it began [ns].
        now_ns: time of the chunk [ns].
        fps: points per second [Hz].
        horizon_s: length of the chunk [s].
    """
    count = max(2, round(horizon_s * fps) + 1)
    times_s = (now_ns - begin_ns) / 1e9 + np.arange(count) / fps
    positions = np.array([trajectory.at(float(time)) for time in times_s])
    return ActionChunk(now_ns, to_ns(1.0 / fps), positions)
