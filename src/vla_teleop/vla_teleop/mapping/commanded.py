"""Where the arm is commanded, as far as it can be known from outside of the action filter."""

from collections.abc import Sequence

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError
from vla_contract.values import JointSample, Vector

# An arm at rest stands a little beside its command, by friction and gravity; one that moves is
# behind it by what it covers in its delay. Farther than this, somebody has moved it [rad or m].
_NEAR = 0.2


class CommandedPosition:
    """Joins what the filter has sent last, and what is measured.

    The filter sends nothing to an arm at rest; its last command then still holds, and fingers go
    on pressing by it. Where the measured arm is elsewhere, it is not held by that command.
    """

    def __init__(self, cell: Cell) -> None:
        """Know nothing yet."""
        self._arm = list(cell.arm)
        self._names = cell.joint_names
        self._sent: Vector | None = None
        self._measured: Vector | None = None

    def offer_sent(self, names: Sequence[str], positions: Sequence[float]) -> None:
        """Take a message of `action_filter/action`.

        Raises:
            ContractError: it is not of this cell's joints.
        """
        if tuple(names) != self._names or len(positions) != len(names):
            found = ', '.join(names) or 'none'
            raise ContractError(
                f'action_filter/action: joints: found {found}; '
                f'allowed: {", ".join(self._names)}: start both with one deployment'
            )
        sent = np.array(positions, dtype=np.float64)
        if np.isfinite(sent).all():
            self._sent = sent

    def offer_measured(self, sample: JointSample) -> None:
        """Take measured joints."""
        if np.isfinite(sample.position).all():
            self._measured = np.array(sample.position)

    def position(self) -> Vector | None:
        """Return the commanded position, shape (D,) [rad or m]; None before it is known."""
        if self._measured is None:
            return None
        if self._sent is None:
            return np.array(self._measured)
        away = np.abs(self._sent - self._measured)[self._arm]
        return np.array(self._sent if (away <= _NEAR).all() else self._measured)
