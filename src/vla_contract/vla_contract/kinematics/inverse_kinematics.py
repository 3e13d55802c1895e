"""Joints that bring the tool to a pose near by: mink on the arm of the robot's MuJoCo model."""

import mink
import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.tool import Tool
from vla_contract.description.arm import arm_model, base_pose
from vla_contract.transforms import invert
from vla_contract.values import Vector

# A radian of error counts as much as 0.2 m: about the length of a hand.
_RADIAN_M = 0.2
# Singular values of the weighted Jacobian below which the arm is damped, up to _DAMPING. Then a
# millimetre moves no joint further than 1 mm / (2 * 0.03) = 0.017 rad in a step. With 0.02 for
# both, two chunks that differ by 0.5 mm could end 0.14 rad apart.
_NEAR_SINGULAR, _DAMPING = 0.04, 0.03
# Holds the joints that the tool leaves free; small enough to shift the tool by no 1e-3 of a move.
_STAY = 1e-3
_NO_LIMIT_HZ = 1e-6
_MAX_ITERATIONS, _CONVERGED_RAD = 20, 1e-8


class InverseKinematics:
    """Moves a tool within limits, with the least motion of the joints."""

    def __init__(self, cell: Cell, rate_hz: float | None, tool: Tool | None = None) -> None:
        """Load the arm.

        Args:
            cell: joints, tool and model.
            rate_hz: steps of the policy per second, in each of which the joints move [Hz]; none:
                no limit of speed.
            tool: of which only the joints of its own arm move; none: the main one, and all.

        Raises:
            ResourceNotFoundError: the model's package or file is missing.
            ContractError: MuJoCo cannot read it, or it lacks a joint, the base or the tool.
        """
        joints = [cell.joints[i] for i in cell.arm]
        moving = cell.arm if tool is None else cell.robot.arm_of(tool)
        self._moves = np.array([i in moving for i in cell.arm])
        self._lower = np.array([joint.lower for joint in joints])
        self._upper = np.array([joint.upper for joint in joints])
        self._reach = np.array([joint.velocity for joint in joints]) / (rate_hz or _NO_LIMIT_HZ)
        model = arm_model(cell)
        self._order = [model.joint(joint.model_joint).qposadr[0] for joint in joints]
        self._arm = mink.Configuration(model)
        site = (tool or cell.robot.tool).point
        self._tool = mink.FrameTask(site, 'site', position_cost=1.0, orientation_cost=_RADIAN_M)
        self._stay = mink.PostureTask(model, cost=_STAY)
        self._box = _Box(model.nv)
        self._T_world_base = base_pose(model, cell)
        self._T_base_world = invert(self._T_world_base)
        self.tool_pose([joint.home for joint in joints])  # fails here when the site is missing

    def tool_pose(self, arm: Vector | list[float]) -> Vector:
        """Return T_base_tool at arm joints, shape (n,) [rad or m]."""
        self._move(np.asarray(arm))
        T_world_tool = self._arm.get_transform_frame_to_world(self._tool.frame_name, 'site')
        T_base_tool: Vector = self._T_base_world @ T_world_tool.as_matrix()
        return T_base_tool

    def step_to(self, arm: Vector, T_base_tool: Vector) -> Vector:
        """Return the joints one policy step later that bring the tool closest to a pose.

        Every iterate solves min |W (J dq - e)|^2 + l^2 |q + dq - q0|^2 inside the limits of
        position and inside what the velocity limits allow in one step, where there is a rate. Near
        a singular pose l grows (Nakamura and Hanafusa, 'Inverse kinematic solutions with
        singularity robustness', 1986), so that the joints do not jump.

        Args:
            arm: joints of all arms now, shape (n,) [rad or m].
            T_base_tool: wanted pose, shape (4, 4).
        """
        start = np.clip(arm, self._lower, self._upper)
        lower = np.where(self._moves, np.maximum(self._lower, start - self._reach), start)
        upper = np.where(self._moves, np.minimum(self._upper, start + self._reach), start)
        self._tool.set_target(mink.SE3.from_matrix(self._T_world_base @ T_base_tool))
        self._move(start)
        self._stay.set_target(self._arm.q)
        self._stay.set_cost(self._damping())
        joints = start
        for _ in range(_MAX_ITERATIONS):
            self._box.set(self._ordered(lower - joints), self._ordered(upper - joints))
            tasks = [self._tool, self._stay]
            motion = mink.solve_ik(self._arm, tasks, 1.0, 'daqp', limits=[self._box])
            before, joints = joints, np.clip(joints + motion[self._order], lower, upper)
            self._move(joints)
            if np.abs(joints - before).max() < _CONVERGED_RAD:
                break
        return joints

    def _move(self, joints: Vector) -> None:
        self._arm.update(self._ordered(joints))

    def _ordered(self, joints: Vector) -> Vector:
        """Return values of arm joints in the model's order."""
        ordered = np.empty(len(joints))
        ordered[self._order] = joints
        return ordered

    def _damping(self) -> float:
        """Return l at the present joints: least motion only, or more near a singular pose."""
        weights = np.array([1.0, 1.0, 1.0, _RADIAN_M, _RADIAN_M, _RADIAN_M])
        jacobian = weights[:, np.newaxis] * self._arm.get_frame_jacobian(
            self._tool.frame_name, 'site'
        )
        jacobian = jacobian[:, self._ordered(self._moves) > 0.0]
        smallest = float(np.linalg.svd(jacobian, compute_uv=False)[-1])
        closeness = max(0.0, 1.0 - (smallest / _NEAR_SINGULAR) ** 2)
        return float(np.hypot(_STAY, _DAMPING * np.sqrt(closeness)))


class _Box(mink.Limit):
    """Bounds of the next motion of every joint."""

    def __init__(self, size: int) -> None:
        self._rows = np.vstack([np.eye(size), -np.eye(size)])
        self._bounds: Vector = np.zeros(2 * size)

    def set(self, lower: Vector, upper: Vector) -> None:
        self._bounds = np.concatenate([upper, -lower])

    def compute_qp_inequalities(
        self, configuration: mink.Configuration, dt: float
    ) -> mink.Constraint:
        return mink.Constraint(self._rows, self._bounds)
