"""What turns readings into wishes, whatever the device."""

from typing import Protocol

from vla_contract.values import Vector
from vla_teleop.devices.reading import Reading
from vla_teleop.mapping.alignment import Offset


class Motion(Protocol):
    """Wishes of joints, from the moment a person engages until they let go.

    Positions are of the joints `names`, shape (n,) [rad or m]. Nothing keeps a state beyond
    `begin`: who engages again starts from where the arm is commanded then.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """Joints that it moves, in the cell's order."""

    @property
    def columns(self) -> Vector:
        """Where these are among the cell's joints, shape (n,)."""

    def offset(self, reading: Reading, commanded: Vector) -> Offset | None:
        """Return how far the device is from the arm; None where that does not matter.

        Raises:
            BadReadingError: the reading does not count.
        """

    def begin(self, reading: Reading, commanded: Vector) -> None:
        """Start at the commanded position.

        Raises:
            BadReadingError: the reading does not count.
        """

    def wish(self, reading: Reading, commanded: Vector, period_s: float) -> Vector:
        """Return where the joints are to be one period later than the wish before.

        Raises:
            BadReadingError: the reading does not count.
        """
