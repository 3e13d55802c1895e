"""The step between two chunks: taken at once, or cancelled on arrival and faded out."""

import numpy as np
from vla_contract.values import NS_PER_S, Vector


class Seam:
    """An offset that starts where the command is and vanishes after a while.

    When a chunk takes over, the offset between the command and the new plan is added to the plan,
    so that nothing jumps, and runs to zero along the cubic Hermite curve with value dp and slope
    dv at its start and zero of both at its end:

        o(s) = (2 s^3 - 3 s^2 + 1) dp + (s^3 - 2 s^2 + s) T dv,   s = t / T in [0, 1]

    Its acceleration is at most 6 |dp| / T^2 + 4 |dv| / T.
    """

    def __init__(self, duration_ns: int, dim: int) -> None:
        """Fade over `duration_ns` [ns]; 0 takes every step at once."""
        self._duration_ns = duration_ns
        self._start_ns = 0
        self._position: Vector = np.zeros(dim)
        self._velocity: Vector = np.zeros(dim)

    def begin(self, now_ns: int, position: Vector, velocity: Vector) -> None:
        """Start with an offset of position [rad or m] and velocity [rad/s or m/s], shape (D,)."""
        self._start_ns = now_ns
        self._position, self._velocity = position, velocity

    def offset(self, now_ns: int) -> tuple[Vector, Vector]:
        """Return what to add to the plan's position and velocity, each of shape (D,)."""
        elapsed_ns = now_ns - self._start_ns
        if not 0 <= elapsed_ns < self._duration_ns:
            return np.zeros_like(self._position), np.zeros_like(self._velocity)
        duration_s = self._duration_ns / NS_PER_S
        s = elapsed_ns / self._duration_ns
        dp, dv = self._position, self._velocity * duration_s
        position = (2 * s**3 - 3 * s**2 + 1) * dp + (s**3 - 2 * s**2 + s) * dv
        slope = (6 * s**2 - 6 * s) * dp + (3 * s**2 - 4 * s + 1) * dv
        return position, slope / duration_s
