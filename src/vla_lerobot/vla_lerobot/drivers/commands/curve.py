"""A command over time: what a channel's messages say, and where it is now."""

from dataclasses import dataclass

import numpy as np
from vla_contract.values import Stamps, Vector


@dataclass(frozen=True, eq=False)
class Curve:
    """Points in time, held after the last.

    Attributes:
        times_ns: strictly increasing, shape (N,) [ns].
        positions: shape (N, D) [rad or m].
        velocities: likewise [rad/s or m/s]; None where the message has none.
    """

    times_ns: Stamps
    positions: Vector
    velocities: Vector | None = None

    def at(self, now_ns: int) -> Vector:
        """Return the positions at a time, shape (D,).

        Between points a line, or with velocities the cubic Hermite polynomial, as
        joint_trajectory_controller does.
        """
        k = int(np.searchsorted(self.times_ns, now_ns, side='right'))
        if k in (0, len(self.times_ns)):
            end: Vector = self.positions[0 if k == 0 else -1]
            return end
        length_s = float(self.times_ns[k] - self.times_ns[k - 1]) * 1e-9
        s = float(now_ns - self.times_ns[k - 1]) * 1e-9 / length_s
        before, after = self.positions[k - 1], self.positions[k]
        if self.velocities is None:
            line: Vector = before + s * (after - before)
            return line
        leaving, arriving = length_s * self.velocities[k - 1], length_s * self.velocities[k]
        cubic: Vector = (
            (2 * s**3 - 3 * s**2 + 1) * before
            + (s**3 - 2 * s**2 + s) * leaving
            + (3 * s**2 - 2 * s**3) * after
            + (s**3 - s**2) * arriving
        )
        return cubic


def step(positions: Vector, now_ns: int) -> Curve:
    """Return the curve of a command that counts at once, shape (D,)."""
    return Curve(np.array([now_ns]), np.asarray(positions, dtype=np.float64)[None, :])
