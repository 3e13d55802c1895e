"""Band-limited motions of all joints at once, from which physics can be identified.

Sums of a few harmonics per joint (Swevers et al. 1997, Optimal robot excitation and
identification, IEEE TRA 13(5)): every joint reverses often, at many speeds, and what the motion
holds at high frequencies is nothing but noise.
"""

from dataclasses import dataclass

import numpy as np
from vla_contract.values import Vector


@dataclass(frozen=True, eq=False)
class FourierMotion:
    """Joints sway about a place with several frequencies, from rest to rest.

    Attributes:
        centre: where the arm begins and ends, shape (D,) [rad or m].
        joints: indices of the n joints that move.
        frequencies_hz: shape (K,) [Hz].
        cosine: amplitudes, shape (K, n) [rad or m].
        sine: likewise.
        duration_s: time from beginning to end [s].
        fade_s: over which the sway grows at the beginning and shrinks at the end [s].
    """

    centre: Vector
    joints: tuple[int, ...]
    frequencies_hz: Vector
    cosine: Vector
    sine: Vector
    duration_s: float
    fade_s: float

    def at(self, time_s: Vector) -> Vector:
        """Return positions at times, shape (N, D) [rad or m]."""
        phase = 2.0 * np.pi * np.outer(time_s, self.frequencies_hz)
        sway = np.cos(phase) @ self.cosine + np.sin(phase) @ self.sine
        position = np.tile(self.centre, (len(time_s), 1))
        position[:, self.joints] += self._window(time_s)[:, None] * sway
        return position

    def scaled(self, factors: Vector) -> 'FourierMotion':
        """Return the motion with each joint's sway multiplied, shape (n,)."""
        return FourierMotion(
            self.centre,
            self.joints,
            self.frequencies_hz,
            self.cosine * factors,
            self.sine * factors,
            self.duration_s,
            self.fade_s,
        )

    def _window(self, time_s: Vector) -> Vector:
        """Return how much of the sway there is; speed and acceleration are 0 at both ends."""
        ends = np.minimum(time_s, self.duration_s - time_s) / self.fade_s
        s = np.clip(ends, 0.0, 1.0)
        window: Vector = s**3 * (10.0 - 15.0 * s + 6.0 * s**2)
        return window


def random_motion(
    centre: Vector,
    joints: tuple[int, ...],
    frequencies_hz: Vector,
    duration_s: float,
    fade_s: float,
    rng: np.random.Generator,
) -> FourierMotion:
    """Return a motion whose harmonics have the same speed in the mean, with random phases."""
    shape = (len(frequencies_hz), len(joints))
    falling = 1.0 / frequencies_hz[:, None]
    cosine, sine = (falling * rng.standard_normal(shape) for _ in range(2))
    return FourierMotion(centre, joints, frequencies_hz, cosine, sine, duration_s, fade_s)
