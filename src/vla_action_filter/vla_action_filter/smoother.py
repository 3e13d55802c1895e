"""Exponential moving average of the tutorial: y += alpha (x - y), first sample passed through."""

import numpy as np
from vla_contract.values import Vector


class EmaSmoother:
    """Smooths target positions and velocities alike, so that one stays the other's derivative.

    The filter lags by (1 - alpha) / alpha periods: 4 ms for alpha 0.7 at 100 Hz.
    """

    def __init__(self, alpha: float) -> None:
        """Keep the weight of the newest sample, in (0, 1]."""
        self._alpha = alpha
        self._position: Vector | None = None
        self._velocity: Vector | None = None

    def reset(self) -> None:
        """Forget the past; the next sample passes through."""
        self._position = self._velocity = None

    def smooth(self, position: Vector, velocity: Vector) -> tuple[Vector, Vector]:
        """Return the smoothed position and velocity, each of shape (D,)."""
        if self._position is None or self._velocity is None:
            self._position, self._velocity = np.array(position), np.array(velocity)
        else:
            self._position += self._alpha * (position - self._position)
            self._velocity += self._alpha * (velocity - self._velocity)
        return self._position.copy(), self._velocity.copy()

    def lag_s(self, period_s: float) -> float:
        """Return the delay the smoother adds to a steady motion [s]."""
        return (1.0 - self._alpha) / self._alpha * period_s
