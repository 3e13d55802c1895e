"""From the cell's joint command to the controls of the model's actuators."""

import mujoco
import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector
from vla_sim_bridge.scene.robot_spec import actuated_tools, driven_joints, ROBOT


class Drive:
    """Turns joint commands into the controls of every actuator."""

    def __init__(self, model: mujoco.MjModel, cell: Cell) -> None:
        """Find the actuators of the cell's joints in a compiled world."""
        self._joints = np.zeros(model.nu, dtype=np.intp)
        self._scale, self._offset = np.ones(model.nu), np.zeros(model.nu)
        for i in driven_joints(cell):
            self._joints[model.actuator(ROBOT + cell.joints[i].name).id] = i
        for tool, gripper in actuated_tools(cell):
            joint = cell.joints[gripper]
            fingers = model.actuator(ROBOT + tool.actuator).id
            low, high = model.actuator_ctrlrange[fingers]
            self._joints[fingers] = gripper
            self._scale[fingers] = (high - low) / (joint.upper - joint.lower)
            self._offset[fingers] = low - joint.lower * self._scale[fingers]

    def controls(self, command: NDArray[np.float64]) -> Vector:
        """Return the controls of a commanded joint position, shape (nu,), or of rows of them."""
        return command[..., self._joints] * self._scale + self._offset
