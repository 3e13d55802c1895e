"""Where controllers hold an arm that is told nothing."""

import numpy as np
from vla_action_filter.config import FilterConfig
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector

# Where an arm stands, friction and gravity leave less than half of what counts as an error
# between it and its command; what is further away was moved.
_NEAR = 0.5
# A joint that moved by more since it came to rest was moved by somebody [rad or m], and so was a
# gripper, as a share of its range: what it is held at is not known any more.
_MOVED, _MOVED_GRIP = 0.02, 0.05


class HeldPosition:
    """Knows the position that an arm at rest is held at, as far as that can be known.

    A controller that states its reference is believed. Else, where the arm stands as it came to
    rest, it is the last command: friction and gravity leave the arm a little beside it, and
    fingers that hold something must go on pressing. Where the arm was moved, it is the measured
    position.
    """

    def __init__(self, cell: Cell, config: FilterConfig) -> None:
        """Prepare for a robot."""
        self._arm = np.array(cell.arm)
        self._grippers = cell.grippers
        self._near = _NEAR * config.tracking_error
        self._spans = np.array([joint.upper - joint.lower for joint in cell.joints])
        self._rest: tuple[Vector, Vector] | None = None
        self._reference: Vector | None = None

    def rest(self, command: Vector, measured: Vector) -> None:
        """Remember what the arm was told last and where it came to rest, shape (D,) each."""
        self._rest = command, measured

    def offer_reference(self, reference: Vector) -> None:
        """Take what the controllers state, shape (D,) [rad or m], NaN for no word."""
        self._reference = reference

    def is_near(self, command: Vector, measured: Vector) -> bool:
        """Return whether the measured arm, shape (D,), can stand for a command, shape (D,)."""
        return bool((np.abs(command - measured)[self._arm] <= self._near).all())

    def where(self, measured: Vector) -> Vector:
        """Return the position that a measured arm is held at, both of shape (D,) [rad or m]."""
        held = np.array(measured)
        if self._rest is not None:
            command, then = self._rest
            moved = np.abs(measured - then)
            if self.is_near(command, measured) and (moved[self._arm] <= _MOVED).all():
                held[self._arm] = command[self._arm]
                for i in self._grippers:
                    if moved[i] <= _MOVED_GRIP * self._spans[i]:
                        held[i] = command[i]
        if self._reference is not None and self.is_near(self._reference, measured):
            held[self._arm] = self._reference[self._arm]
        return held
