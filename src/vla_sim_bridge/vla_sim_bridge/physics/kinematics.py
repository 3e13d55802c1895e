"""Pose of the grasp and small Cartesian steps, on a private copy of the robot's state."""

import mujoco
import numpy as np
from numpy.typing import NDArray
from vla_contract import so3
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.tool import Tool
from vla_contract.values import Vector
from vla_sim_bridge.scene.robot_spec import ROBOT


class ArmKinematics:
    """Forward kinematics and damped least-squares steps of the arm's tool centre point.

    Rotations are those of the grasp, whatever axes the robot's own tool frame has: z points at
    the object and the fingers close along y.
    """

    def __init__(self, model: mujoco.MjModel, cell: Cell) -> None:
        """Prepare for the robot of `cell` inside `model` (see `scene.build_model`)."""
        joints = [cell.joints[i] for i in cell.arm]
        handles = [model.joint(ROBOT + joint.model_joint) for joint in joints]
        self._model = model
        self._data = mujoco.MjData(model)
        self._qpos = np.array([handle.qposadr[0] for handle in handles])
        self._dofs = np.array([handle.dofadr[0] for handle in handles])
        self._site = model.site(ROBOT + cell.robot.tool.point).id
        self._lower = np.array([joint.lower for joint in joints])
        self._upper = np.array([joint.upper for joint in joints])
        self._rest = np.array([joint.home for joint in joints])
        self.R_tool_grasp = _grasp_axes(cell.robot.tool)
        self._jacobian = np.zeros((6, model.nv))

    def tool_pose(self, arm: NDArray[np.float64]) -> tuple[Vector, NDArray[np.float64]]:
        """Return position (3,) [m] and rotation (3, 3) of the grasp for arm joints (n,) [rad]."""
        self._data.qpos[self._qpos] = arm
        mujoco.mj_kinematics(self._model, self._data)
        position = self._data.site_xpos[self._site].copy()
        rotation: Vector = self._data.site_xmat[self._site].reshape(3, 3) @ self.R_tool_grasp
        return position, rotation

    def step_towards(
        self, arm: NDArray[np.float64], position: Vector, rotation: NDArray[np.float64]
    ) -> Vector:
        """Return joints one linearised step closer to a tool pose.

        Damped least squares, dq = J^T (J J^T + l^2 I)^-1 e, plus a pull to the rest posture in
        the null space (Buss, 'Introduction to Inverse Kinematics', 2004, section 6).

        Args:
            arm: joints now, shape (n,) [rad].
            position: wanted tool position, shape (3,) [m]; keep it within a few centimetres.
            rotation: wanted rotation of the grasp, shape (3, 3); keep it within tenths of a rad.
        """
        now, now_rotation = self.tool_pose(arm)
        turn = so3.Rotation.from_matrix(rotation @ now_rotation.T).as_rotvec()
        error = np.concatenate([position - now, turn])
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_jacSite(
            self._model, self._data, self._jacobian[:3], self._jacobian[3:], self._site
        )
        jacobian = self._jacobian[:, self._dofs]
        # Damping 0.02: below the smallest singular value met on the table (0.1), far above 0.
        square = jacobian @ jacobian.T + 0.02**2 * np.eye(6)
        inverse = jacobian.T @ np.linalg.inv(square)
        pull = 0.1 * (self._rest - arm)
        null = pull - inverse @ (jacobian @ pull)
        return np.asarray(np.clip(arm + inverse @ error + null, self._lower, self._upper))


def _grasp_axes(tool: Tool) -> Vector:
    """Return R_tool_grasp: the columns are the grasp's axes in the tool frame, shape (3, 3)."""
    axes = dict(zip('xyz', np.eye(3), strict=True))
    axes |= {f'-{letter}': -axis for letter, axis in axes.items()}
    z, y = axes[tool.approach], axes[tool.closing]
    return np.column_stack([np.cross(y, z), y, z])
