"""How far the command runs behind the plan, in time."""

import numpy as np
from vla_contract.values import Vector


class LagMeter:
    """Least-squares delay of commands behind the plan they follow.

    A command that is late by L is behind by L v, so over all cycles
    L = sum (desired - command) . v / sum v . v: standing joints have no say, fast ones most.
    """

    def __init__(self) -> None:
        """Start without cycles."""
        self._behind = 0.0
        self._power = 0.0

    def add(self, desired: Vector, velocity: Vector, command: Vector) -> None:
        """Add cycles: plan, its velocity, and the command, all of one shape."""
        self._behind += float(np.sum((desired - command) * velocity))
        self._power += float(np.sum(velocity * velocity))

    @property
    def lag_ms(self) -> float | None:
        """The delay [ms], None where nothing moved."""
        return 1000.0 * self._behind / self._power if self._power > 0.0 else None
