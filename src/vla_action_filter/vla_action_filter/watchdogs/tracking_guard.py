"""Is the arm where it was told to be, allowing for the time it needs to get there?"""

import numpy as np
from vla_action_filter.config import FilterConfig
from vla_contract.deployment.cell import Cell
from vla_contract.values import JointSample, Vector


class TrackingGuard:
    """Compares measured arm joints with everything commanded within the robot's latency.

    A robot that follows perfectly but late by up to L seconds is at some command of the last L
    seconds, so each joint must lie between the lowest and the highest of them, widened by the
    allowed error. This is the threshold 'error + speed x latency', exact also when speed changes.
    Grippers are left out: an object stops them.
    """

    def __init__(self, cell: Cell, config: FilterConfig, period_s: float) -> None:
        """Prepare for a robot; `period_s` is the time between two commands [s]."""
        self._arm = np.array(cell.arm)
        self._names = [cell.joints[i].name for i in cell.arm]
        self._allowed = config.tracking_error
        # Joint states are one period old when they are looked at, and as old again when made.
        cycles = 2 + round(config.tracking_latency_s / period_s)
        self._history = np.zeros((cycles, len(cell.arm)))
        self._next = 0
        self._count = 0
        self.fault = ''
        self.error = 0.0

    def restart(self) -> None:
        """Forget all commands."""
        self._next = self._count = 0
        self.fault = ''
        self.error = 0.0

    def record(self, command: Vector) -> None:
        """Remember a command, shape (D,)."""
        self._history[self._next] = command[self._arm]
        self._next = (self._next + 1) % len(self._history)
        self._count = min(self._count + 1, len(self._history))

    @property
    def has_settled(self) -> bool:
        """Whether also a robot that is late by all of its latency has come to rest."""
        known = self._history[: self._count]
        return bool((known == known[:1]).all())

    def offer_joints(self, sample: JointSample) -> None:
        """Compare a measurement with the commands; `fault` then names the worst joint, or ''."""
        if self._count == 0:
            return
        known = self._history[: self._count]
        measured = sample.position[self._arm]
        excess = np.maximum(known.min(axis=0) - measured, measured - known.max(axis=0))
        worst = int(np.argmax(excess))
        self.error = max(0.0, float(excess[worst]))
        self.fault = ''
        if self.error > self._allowed:
            self.fault = f'tracking error {self._names[worst]} {self.error:.3f}'
