"""Pose of the grasp and small Cartesian steps, on a private copy of the robot's state."""

import mujoco
import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.tool import Tool
from vla_contract.values import Vector
from vla_sim_bridge.physics.turning import rotation_vector
from vla_sim_bridge.scene.robot_spec import ROBOT

# An arm of fewer joints than a pose has numbers cannot have every rotation. Its places then count
# for more than its rotations: 1 cm for as much as 0.1 rad.
_POSE, _LESSER_M_PER_RAD = 6, 0.1


class ArmKinematics:
    """Forward kinematics and damped least-squares steps of an arm's tool centre point.

    Rotations are those of the grasp, whatever axes the robot's own tool frame has: z points at
    the object and the fingers close along y. The other joints of the cell stay at home.

    Attributes:
        model: the compiled world.
        tool: the tool.
        arm: indices in the cell's order of the joints that move it, shape (n,).
        home: those joints at home, shape (n,) [rad].
        axis_m: where the first joint's axis is, shape (2,), base frame.
        R_tool_grasp: axes of the grasp in the tool frame, shape (3, 3).
    """

    def __init__(self, model: mujoco.MjModel, cell: Cell, tool: Tool | None = None) -> None:
        """Prepare for the robot of `cell` inside `model` (see `scene.build_model`).

        Args:
            model: the compiled world.
            cell: whose robot it is.
            tool: one of the robot's; None for the main one.

        Raises:
            ContractError: the robot has no tool.
        """
        self.model = model
        self.tool = cell.robot.tool if tool is None else tool
        self.arm = _arm_of(cell, self.tool)
        joints = [cell.joints[i] for i in self.arm]
        handles = [model.joint(ROBOT + joint.model_joint) for joint in joints]
        self._data = mujoco.MjData(model)
        for joint in cell.joints:
            self._data.joint(ROBOT + joint.model_joint).qpos = joint.home
        self._qpos = np.array([handle.qposadr[0] for handle in handles])
        self._dofs = np.array([handle.dofadr[0] for handle in handles])
        self._site = model.site(ROBOT + self.tool.point).id
        self._lower = np.array([joint.lower for joint in joints])
        self._upper = np.array([joint.upper for joint in joints])
        self.home = np.array([joint.home for joint in joints])
        self.R_tool_grasp = _grasp_axes(self.tool)
        self._jacobian = np.zeros((_POSE, model.nv))
        self._weights = np.ones(_POSE)
        if len(joints) < _POSE:
            self._weights[3:] = _LESSER_M_PER_RAD
        mujoco.mj_kinematics(model, self._data)
        self.axis_m = self._data.xanchor[handles[0].id, :2].copy()

    def tool_pose(self, arm: NDArray[np.float64]) -> tuple[Vector, NDArray[np.float64]]:
        """Return position (3,) [m] and rotation (3, 3) of the grasp for arm joints (n,) [rad]."""
        self._data.qpos[self._qpos] = arm
        mujoco.mj_kinematics(self.model, self._data)
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
        turn = rotation_vector(rotation @ now_rotation.T)
        error = np.concatenate([position - now, turn])
        mujoco.mj_comPos(self.model, self._data)
        mujoco.mj_jacSite(
            self.model, self._data, self._jacobian[:3], self._jacobian[3:], self._site
        )
        error *= self._weights
        jacobian = self._jacobian[:, self._dofs] * self._weights[:, None]
        # Damping 0.02: below the smallest singular value met on the table (0.1), far above 0.
        square = jacobian @ jacobian.T + 0.02**2 * np.eye(_POSE)
        inverse = jacobian.T @ np.linalg.inv(square)
        pull = 0.1 * (self.home - arm)
        null = pull - inverse @ (jacobian @ pull)
        return np.asarray(np.clip(arm + inverse @ error + null, self._lower, self._upper))


def _arm_of(cell: Cell, tool: Tool) -> tuple[int, ...]:
    """Return the indices of the joints that carry a tool."""
    named = {
        name for group in cell.robot.groups if group.name == tool.group for name in group.joints
    }
    return tuple(i for i in cell.arm if not tool.group or cell.joints[i].name in named)


def _grasp_axes(tool: Tool) -> Vector:
    """Return R_tool_grasp: the columns are the grasp's axes in the tool frame, shape (3, 3)."""
    axes = dict(zip('xyz', np.eye(3), strict=True))
    axes |= {f'-{letter}': -axis for letter, axis in axes.items()}
    z, y = axes[tool.approach], axes[tool.closing]
    return np.column_stack([np.cross(y, z), y, z])
