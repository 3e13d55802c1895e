"""The paths of a cell's tools, as pixels of one of its cameras."""

from collections.abc import Sequence

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.kinematics.tool_kinematics import ToolKinematics
from vla_contract.transforms import invert
from vla_contract.values import Vector
from vla_sim_bridge.cameras.placed_camera import PlacedCamera


class SeenPaths:
    """Where a camera sees the tools, whether it stands beside the arm or is carried by it."""

    def __init__(self, cell: Cell, camera: PlacedCamera) -> None:
        """Load the cell's robots.

        Raises:
            VlaError: their models cannot be read.
        """
        self._cell, self._camera = cell, camera
        self._kinematics = ToolKinematics(cell)
        self._carrier = next(
            (tool for tool in cell.robot.tools if tool.frame == camera.parent), None
        )

    def pixels(self, positions: Sequence[Vector], now: Vector) -> list[Vector]:
        """Return the path of each tool, shape (T, 2) [px], NaN where the camera cannot see it.

        Args:
            positions: of all joints along the path, each in the cell's order, shape (D,).
            now: the joints when the image was taken, shape (D,); they place a carried camera.
        """
        T = self._camera.T_parent_camera
        if self._carrier is not None:
            T = self._kinematics.poses(self._carrier, now) @ T
        rows, T_camera_base = np.asarray(positions).reshape(-1, len(now)), invert(T)
        found = []
        for tool in self._cell.robot.tools:
            points = self._kinematics.poses(tool, rows)[:, :3, 3] if len(rows) else rows[:, :3]
            in_camera = points @ T_camera_base[:3, :3].T + T_camera_base[:3, 3]
            found.append(self._camera.project(in_camera))
        return found
