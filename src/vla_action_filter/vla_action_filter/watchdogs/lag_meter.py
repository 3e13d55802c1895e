"""How far the command runs behind the plan, in time."""

import numpy as np
from vla_contract.values import Vector


class LagMeter:
    """Least-squares delay of commands behind the plan they follow.

    A command that is late by L is behind by L v, so L = sum (wish - command) . v / sum v . v over
    all cycles: standing joints have no say, fast ones most.
    """

    def __init__(self) -> None:
        """Start without cycles."""
        self._behind = 0.0
        self._power = 0.0

    def add(self, wish: Vector, velocity: Vector, command: Vector) -> None:
        """Add cycles: plan, its velocity, and the command, all of one shape."""
        self._behind += float(np.sum((wish - command) * velocity))
        self._power += float(np.sum(velocity * velocity))

    @property
    def lag_ms(self) -> float | None:
        """The delay [ms], None where nothing moved."""
        return 1000.0 * self._behind / self._power if self._power > 0.0 else None
