"""From the contract's joint command to the controls of the model's actuators."""

import mujoco
import numpy as np
from numpy.typing import NDArray
from vla_contract.contract import RobotContract
from vla_contract.values import Vector
from vla_sim_bridge.scene.robot_spec import driven_joints, ROBOT


class Drive:
    """Turns joint commands into the controls of every actuator."""

    def __init__(self, model: mujoco.MjModel, contract: RobotContract) -> None:
        """Find the actuators of the contract's joints in a compiled world."""
        self._joints = np.zeros(model.nu, dtype=np.intp)
        self._scale, self._offset = np.ones(model.nu), np.zeros(model.nu)
        for i in driven_joints(contract):
            self._joints[model.actuator(ROBOT + contract.joints[i].name).id] = i
        if contract.model.gripper_actuator:
            gripper = contract.grippers[0]
            joint = contract.joints[gripper]
            fingers = model.actuator(ROBOT + contract.model.gripper_actuator).id
            low, high = model.actuator_ctrlrange[fingers]
            self._joints[fingers] = gripper
            self._scale[fingers] = (high - low) / (joint.upper - joint.lower)
            self._offset[fingers] = low - joint.lower * self._scale[fingers]

    def controls(self, command: NDArray[np.float64]) -> Vector:
        """Return the controls of a commanded joint position, shape (nu,), or of rows of them."""
        return command[..., self._joints] * self._scale + self._offset
