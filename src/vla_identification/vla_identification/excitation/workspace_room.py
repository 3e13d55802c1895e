"""How much room a motion leaves to walls, links and the limit of Cartesian speed."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.workspace import walls_of
from vla_contract.kinematics.workspace_kinematics import WorkspaceKinematics
from vla_contract.values import Vector


class WorkspaceRoom:
    """Measures whole motions against the workspace that the action filter keeps."""

    def __init__(self, cell: Cell) -> None:
        """Load the arm's kinematics.

        Raises:
            ContractError, ResourceNotFoundError: as `WorkspaceKinematics`.
        """
        self._kinematics = WorkspaceKinematics(cell)
        self._walls = walls_of(cell.workspace, cell.geometry.control_points)
        self._clearance_m = cell.workspace.clearance

    def distance_m(self, arm: Vector) -> float:
        """Return the least distance to a wall, or between two links, beyond what is kept [m].

        Args:
            arm: joints over time, shape (N, n) [rad or m].
        """
        least = np.inf
        for posture in arm:
            self._kinematics.update(posture)
            points, _ = self._kinematics.points()
            heights = [float(w.normal @ points[w.point]) - w.offset for w in self._walls]
            gaps = [d - self._clearance_m for d in self._kinematics.distances()]
            least = min([least, *heights, *gaps])
        return float(least)

    def speed_m_s(self, arm: Vector, step_s: float) -> float:
        """Return the speed of the fastest control point [m/s] in samples this far apart."""
        points = np.array([self._kinematics.positions(posture) for posture in arm])
        if not points.size:
            return 0.0
        moves = np.linalg.norm(np.diff(points, axis=0), axis=-1)
        return float(moves.max() / step_s)
