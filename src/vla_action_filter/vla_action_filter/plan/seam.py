"""The step between two chunks: taken at once, or cancelled on arrival and faded out."""

from dataclasses import dataclass

import numpy as np
from vla_contract.values import NS_PER_S, Vector

# Fades under way at one time; it bounds the work of one cycle.
_MOST_FADES = 8


class Seam:
    """An offset that starts where the command is and vanishes after a while.

    When a chunk takes over, the offset between the command and the new plan is added to the plan,
    so that nothing jumps, and runs to zero. What is left of older seams ends when it was to end:
    to begin it anew with every chunk would never let it end.
    """

    def __init__(self, dim: int) -> None:
        """Start without an offset of D joints."""
        self._dim = dim
        self._fades: list[_Fade] = []

    def begin(self, now_ns: int, position: Vector, velocity: Vector, duration_ns: int) -> None:
        """Make the offset what it has to be now, and let it fade.

        Args:
            now_ns: time [ns].
            position: whole offset of position, shape (D,) [rad or m].
            velocity: whole offset of velocity, shape (D,) [rad/s or m/s].
            duration_ns: time in which nothing of it is left [ns]; 0 takes every step at once.
        """
        end_ns = now_ns + duration_ns
        older = self._fades[1 - _MOST_FADES :]
        self._fades = [fade for fade in older if now_ns < fade.end_ns <= end_ns]
        if duration_ns > 0:
            rest, fading = self.offset(now_ns)
            self._fades.append(_Fade(now_ns, end_ns, position - rest, velocity - fading))

    def offset(self, now_ns: int) -> tuple[Vector, Vector]:
        """Return what to add to the plan's position and velocity, each of shape (D,)."""
        position, velocity = np.zeros(self._dim), np.zeros(self._dim)
        for fade in self._fades:
            if fade.start_ns <= now_ns < fade.end_ns:
                rest, fading = fade.offset(now_ns)
                position += rest
                velocity += fading
        return position, velocity


@dataclass(frozen=True)
class _Fade:
    """One offset on its way to zero.

    It follows the cubic Hermite curve with value dp and slope dv at its start and zero of both at
    its end:

        o(s) = (2 s^3 - 3 s^2 + 1) dp + (s^3 - 2 s^2 + s) T dv,   s = t / T in [0, 1]

    Its acceleration is at most 6 |dp| / T^2 + 4 |dv| / T.
    """

    start_ns: int
    end_ns: int
    position: Vector
    velocity: Vector

    def offset(self, now_ns: int) -> tuple[Vector, Vector]:
        duration_ns = self.end_ns - self.start_ns
        duration_s = duration_ns / NS_PER_S
        s = (now_ns - self.start_ns) / duration_ns
        dp, dv = self.position, self.velocity * duration_s
        position = (2 * s**3 - 3 * s**2 + 1) * dp + (s**3 - 2 * s**2 + s) * dv
        slope = (6 * s**2 - 6 * s) * dp + (3 * s**2 - 4 * s + 1) * dv
        return position, slope / duration_s
