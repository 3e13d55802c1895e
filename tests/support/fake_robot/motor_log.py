"""What the motors got in every update, and how it stands to their limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from vla_contract.values import Vector


class MotorLog:
    """The newest writes and the positions that the arm had then, in bounded memory."""

    def __init__(self, joints: Sequence[str], capacity: int) -> None:
        self.joints = tuple(joints)
        self._times_ns = np.zeros(capacity, np.int64)
        self._commands = np.full((capacity, len(self.joints)), np.nan)
        self._positions = np.full((capacity, len(self.joints)), np.nan)
        self._claimed = np.zeros((capacity, len(self.joints)), bool)
        self._count = 0

    def add(
        self,
        time_ns: int,
        commands: Sequence[float],
        positions: Sequence[float],
        claimed: bool | Sequence[bool] = True,
    ) -> None:
        """Add a cycle; a joint is claimed while an active controller commands it."""
        row = self._count % len(self._times_ns)
        self._times_ns[row] = time_ns
        self._commands[row] = commands
        self._positions[row] = positions
        self._claimed[row] = claimed
        self._count += 1

    def clear(self) -> None:
        self._count = 0

    @property
    def times_ns(self) -> np.ndarray:
        """Times of the writes, oldest first, shape (N,)."""
        return self._times_ns[self._rows()]

    @property
    def commands(self) -> np.ndarray:
        """What was written, shape (N, D) [rad or m]; NaN before any command."""
        return self._commands[self._rows()]

    @property
    def positions(self) -> np.ndarray:
        """Where the joints were, shape (N, D) [rad or m]."""
        return self._positions[self._rows()]

    @property
    def claimed(self) -> np.ndarray:
        """Which joints an active controller commanded, shape (N, D)."""
        return self._claimed[self._rows()]

    def _rows(self) -> np.ndarray:
        oldest = max(self._count - len(self._times_ns), 0)
        return np.arange(oldest, self._count) % len(self._times_ns)


@dataclass(frozen=True)
class MotorReport:
    """One channel's worst moments; a share is a part of the limit, 1 is the limit.

    Args:
        velocity: of the commands, from write to write.
        acceleration: of the commands, over three writes.
        arm_velocity: of the arm behind its lag.
        arm_acceleration: likewise.
        extra_reversals: changes of direction of the commands beyond those of the path asked for.
        refused: messages that the controller refused.
        not_finite: writes of NaN or infinity after the first number.
    """

    velocity: float
    acceleration: float
    arm_velocity: float
    arm_acceleration: float
    extra_reversals: int
    refused: int
    not_finite: int


def motor_report(
    log: MotorLog,
    joints: Sequence[str],
    velocity_limits: Mapping[str, float],
    acceleration_limits: Mapping[str, float],
    refused: int = 0,
    asked: np.ndarray | None = None,
) -> MotorReport:
    """Judge the writes to some joints, and the arm, while a controller commands them.

    Args:
        log: of all joints.
        joints: a channel's.
        velocity_limits: by joint [rad/s or m/s].
        acceleration_limits: by joint [rad/s^2 or m/s^2].
        refused: how many messages its controller refused.
        asked: the path that was asked for, shape (M, D) in the order of `joints`, whose own
            changes of direction are no fault.
    """
    columns = [log.joints.index(name) for name in joints]
    fastest = np.array([velocity_limits[name] for name in joints])
    hardest = np.array([acceleration_limits[name] for name in joints])
    times_s = (log.times_ns - log.times_ns[:1]) * 1e-9
    commands, positions = log.commands[:, columns], log.positions[:, columns]
    claimed = log.claimed[:, columns].all(axis=1)
    is_number = np.isfinite(commands).all(axis=1)
    not_finite = np.count_nonzero(np.maximum.accumulate(is_number) & claimed & ~is_number)
    is_number &= claimed
    velocity, acceleration = _largest(times_s[is_number], commands[is_number])
    arm_velocity, arm_acceleration = _largest(times_s[claimed], positions[claimed])
    own = sum(reversals(commands[is_number, k]) for k in range(len(columns)))
    if asked is not None:
        own -= sum(reversals(asked[:, k]) for k in range(len(columns)))
    return MotorReport(
        float((velocity / fastest).max()),
        float((acceleration / hardest).max()),
        float((arm_velocity / fastest).max()),
        float((arm_acceleration / hardest).max()),
        max(own, 0),
        refused,
        int(not_finite),
    )


def reversals(path: Vector, least_rad: float = 1e-5) -> int:
    """Count the changes of direction of a path that go back by more than `least_rad`.

    1e-5 rad is a hundred times less than the smallest step of the sawtooth that this is to find,
    and far above rounding.
    """
    count, direction = 0, 0
    extreme = path[0] if len(path) else 0.0
    for value in path:
        change = value - extreme
        if direction * change >= 0 and (direction or abs(change) < least_rad):
            extreme = value if direction else extreme
        elif abs(change) >= least_rad:
            count += direction != 0
            direction = 1 if change > 0 else -1
            extreme = value
    return count


def _largest(times_s: Vector, path: np.ndarray) -> tuple[Vector, Vector]:
    """Return the largest velocity and acceleration of every column, shape (D,) each."""
    if len(path) < 3:
        return np.zeros(path.shape[1]), np.zeros(path.shape[1])
    periods = np.diff(times_s)[:, None]
    velocity = np.diff(path, axis=0) / periods
    acceleration = np.diff(velocity, axis=0) / (0.5 * (periods[1:] + periods[:-1]))
    return np.abs(velocity).max(axis=0), np.abs(acceleration).max(axis=0)
