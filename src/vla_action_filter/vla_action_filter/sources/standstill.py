"""Where joints stand that nobody commands while others move."""

import numpy as np
from numpy.typing import NDArray
from vla_action_filter.config import FilterConfig
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector


class Standstill:
    """Remembers where each joint comes to rest, from when it is commanded by nobody."""

    def __init__(self, cell: Cell, config: FilterConfig) -> None:
        """Prepare for a robot."""
        self._braking = config.acceleration_fraction * np.array(
            [joint.acceleration for joint in cell.joints]
        )
        self._stop: Vector = np.full(len(cell.joints), np.nan)

    def forget(self, joints: NDArray[np.bool_] | None = None) -> None:
        """Take joints, a mask of shape (D,), to be commanded; without it, all to be at rest."""
        self._stop[slice(None) if joints is None else joints] = np.nan

    def position(self, command: Vector, velocity: Vector) -> Vector:
        """Return where the joints stop that began to stop at some time, others as of now, (D,).

        Args:
            command: present command, shape (D,) [rad or m].
            velocity: its speed, shape (D,) [rad/s or m/s].
        """
        way = velocity * np.abs(velocity) / (2.0 * self._braking)
        self._stop = np.where(np.isnan(self._stop), command + way, self._stop)
        return self._stop.copy()
