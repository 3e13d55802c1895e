"""Exponential moving average of the tutorial: y += alpha (x - y), first sample passed through."""

from collections.abc import Sequence
import math

import numpy as np
from numpy.typing import NDArray
from vla_action_filter.config import FilterConfig
from vla_contract.errors import ContractError, UnknownNameError
from vla_contract.values import Vector


class EmaSmoother:
    """Smooths target positions and velocities alike, so that one stays the other's derivative.

    Each joint lags by (1 - alpha) / alpha periods: 4 ms for alpha 0.7 at 100 Hz. One alpha for
    all joints keeps the path of the tool; a joint that shakes may have its own.
    """

    def __init__(self, alpha: Vector) -> None:
        """Keep the weight of the newest sample of each joint, shape (D,), in (0, 1]."""
        self._alpha = np.array(alpha)
        self._position: Vector | None = None
        self._velocity: Vector | None = None

    def reset(self) -> None:
        """Forget the past; a sample that is not primed passes through."""
        self._position = self._velocity = None

    def prime(self, position: Vector, velocity: Vector, joints: NDArray[np.bool_]) -> None:
        """Start joints from a moving output instead of from a plan's past.

        Args:
            position: of the output, shape (D,) [rad or m].
            velocity: of the output, shape (D,) [rad/s or m/s].
            joints: which, shape (D,); those without a past start from it in any case.
        """
        if self._position is None or self._velocity is None:
            self._position, self._velocity = np.array(position), np.array(velocity)
        self._position[joints] = position[joints]
        self._velocity[joints] = velocity[joints]

    def smooth(self, position: Vector, velocity: Vector) -> tuple[Vector, Vector]:
        """Return the smoothed position and velocity, each of shape (D,)."""
        if self._position is None or self._velocity is None:
            self._position, self._velocity = np.array(position), np.array(velocity)
            return np.array(position), np.array(velocity)
        self._position += self._alpha * (position - self._position)
        self._velocity += self._alpha * (velocity - self._velocity)
        return self._position.copy(), self._velocity.copy()

    def lags_s(self, period_s: float) -> Vector:
        """Return the delay that is added to a steady motion of each joint, shape (D,) [s]."""
        return (1.0 - self._alpha) / self._alpha * period_s


def joint_alphas(names: Sequence[str], config: FilterConfig) -> Vector:
    """Return the alpha of each joint, shape (D,).

    Raises:
        ContractError: `alpha_joints` cannot be read, or names a joint the robot does not have.
    """
    alphas = dict.fromkeys(names, config.alpha)
    for entry in config.alpha_joints.split():
        name, _, text = entry.partition('=')
        if name not in alphas:
            raise UnknownNameError('joint', name, 'alpha_joints', names)
        try:
            alphas[name] = float(text)
        except ValueError:
            alphas[name] = math.nan
        if not 0.0 < alphas[name] <= 1.0:
            raise ContractError(
                f"alpha_joints: {name}: found '{text}'; allowed: a number above 0, up to 1"
            )
    if config.smoother == 'none':
        return np.ones(len(names))
    return np.array([alphas[name] for name in names])
