"""Where fingers are between open and closed."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector


class FingerWay:
    """Maps the positions of a cell's grippers to shares of their way, 0 open and 1 closed."""

    def __init__(self, cell: Cell) -> None:
        """Find the grippers; a cell may have none."""
        self.joints = np.array(cell.grippers, dtype=np.intp)
        of = [cell.joints[i] for i in cell.grippers]
        self.names = tuple(joint.name for joint in of)
        self._open = np.array([joint.open for joint in of])
        self._way = np.array([joint.closed - joint.open for joint in of])

    def closed(self, position: Vector) -> Vector:
        """Return how far each gripper is closed, shape (g,).

        Args:
            position: all joints, shape (D,) [rad or m].
        """
        return np.asarray((position[self.joints] - self._open) / self._way)
