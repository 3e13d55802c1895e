"""Where the tools of a cell are."""

import numpy as np
import pinocchio
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.tool import Tool
from vla_contract.kinematics.arm_model import arm_order, load_arm_model, site_frame
from vla_contract.values import Vector


class ToolKinematics:
    """Forward kinematics of tool centre points, in the base frame of the cell's model."""

    def __init__(self, cell: Cell) -> None:
        """Load the cell's robots.

        Raises:
            ResourceNotFoundError: a model's package or file is missing.
            ContractError: MuJoCo cannot read a file, or it lacks a joint, the base or a tool.
        """
        self._model = load_arm_model(cell)
        self._data = self._model.createData()
        self._arm, self._order = list(cell.arm), arm_order(self._model, cell)
        self._frames = {
            tool.name: site_frame(self._model, tool.point) for tool in cell.robot.tools
        }
        self._q = pinocchio.neutral(self._model)

    def poses(self, tool: Tool, joints: Vector) -> Vector:
        """Return T_base_tool of positions in the cell's order, shape (..., D) to (..., 4, 4)."""
        joints = np.asarray(joints, dtype=np.float64)
        rows = joints.reshape(-1, joints.shape[-1])
        found = [self._pose(self._frames[tool.name], row[self._arm]) for row in rows]
        return np.array(found).reshape(*joints.shape[:-1], 4, 4)

    def _pose(self, frame: int, arm: Vector) -> Vector:
        self._q[self._order] = arm
        pinocchio.forwardKinematics(self._model, self._data, self._q)
        place = pinocchio.updateFramePlacement(self._model, self._data, frame)
        homogeneous: Vector = place.homogeneous
        return homogeneous
