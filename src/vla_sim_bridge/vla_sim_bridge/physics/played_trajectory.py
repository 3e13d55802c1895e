"""A trajectory as a position controller plays it: by its times, between its points."""

import numpy as np
from numpy.typing import NDArray
from vla_contract.values import NS_PER_S, Vector


class PlayedTrajectory:
    """Positions of some joints over time; the last one is held.

    As Trajectory::sample of joint_trajectory_controller: cubic where both ends of a segment have
    velocities, linear otherwise; before the first point from where the joints were told to be.
    """

    def __init__(
        self,
        columns: list[int],
        times_ns: list[int],
        positions: Vector,
        velocities: Vector | None,
        since_ns: int,
        before: Vector,
    ) -> None:
        """Take a trajectory.

        Args:
            columns: places of its joints in the cell's order.
            times_ns: when its points are due, increasing [ns].
            positions: shape (n, len(columns)) [rad or m].
            velocities: the same shape [rad/s or m/s]; None for linear interpolation.
            since_ns: when it came [ns].
            before: where the joints were told to be then, shape (len(columns),).
        """
        self._columns = columns
        self._times_ns, self._positions, self._velocities = times_ns, positions, velocities
        if since_ns < times_ns[0]:
            self._times_ns = [since_ns, *times_ns]
            self._positions = np.vstack([before, positions])
            if velocities is not None:
                self._velocities = np.vstack([np.zeros_like(before), velocities])

    def write(self, target: NDArray[np.float64], time_ns: int) -> None:
        """Put the joints' positions at a time into a vector of all joints, shape (D,)."""
        target[self._columns] = self._sample(time_ns)

    def _sample(self, time_ns: int) -> Vector:
        times, points = self._times_ns, self._positions
        later = next((k for k, t in enumerate(times) if t > time_ns), len(times))
        if later in (0, len(times)):
            return np.array(points[min(later, len(times) - 1)])
        k = later - 1
        span_s = (times[later] - times[k]) / NS_PER_S
        s = (time_ns - times[k]) / NS_PER_S / span_s
        rise = points[later] - points[k]
        if self._velocities is None:
            return np.asarray(points[k] + s * rise)
        m, n = self._velocities[k] * span_s, self._velocities[later] * span_s
        return np.asarray(
            points[k] + m * s + (3 * rise - 2 * m - n) * s**2 + (m + n - 2 * rise) * s**3
        )
