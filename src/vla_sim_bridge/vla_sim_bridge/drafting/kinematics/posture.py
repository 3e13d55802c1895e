"""A model put into a posture: commanded joints where they are told, the others where they must."""

from collections.abc import Iterable, Mapping

import mujoco
import numpy as np
from vla_contract.values import Vector

# Newton's method on the constraints of a linkage; from the pose of the file it takes 3 to 10.
_MOST_ITERATIONS = 40
_TOLERANCE = 1e-7


class Posture:
    """Forward kinematics of a model, its linkages closed. Lengths in m, angles in rad."""

    def __init__(self, model: mujoco.MjModel, commanded: Iterable[int]) -> None:
        """Keep the model, which from now on computes no contacts.

        Args:
            model: compiled.
            commanded: joints that stay where they are put.
        """
        self.model, self.data = model, mujoco.MjData(model)
        model.opt.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_CONTACT)
        model.opt.jacobian = mujoco.mjtJacobian.mjJAC_DENSE
        held = {int(model.jnt_dofadr[joint]) for joint in commanded}
        self._free = [dof for dof in range(model.nv) if dof not in held]

    def place(self, positions: Mapping[int, float]) -> None:
        """Put joints somewhere, and those that follow where the constraints of the model hold.

        Args:
            positions: of some joints; the others begin from where they were.
        """
        for joint, position in positions.items():
            self.data.qpos[self.model.jnt_qposadr[joint]] = position
        model, data = self.model, self.data
        for _ in range(_MOST_ITERATIONS if model.neq and self._free else 0):
            mujoco.mj_fwdPosition(model, data)
            rows = data.efc_type == int(mujoco.mjtConstraint.mjCNSTR_EQUALITY)
            error = data.efc_pos[rows]
            if not error.size or np.abs(error).max() < _TOLERANCE:
                break
            jacobian = data.efc_J.reshape(-1, model.nv)[rows][:, self._free]
            step = np.zeros(model.nv)
            step[self._free] = -np.linalg.lstsq(jacobian, error, rcond=1e-6)[0]
            mujoco.mj_integratePos(model, data.qpos, np.clip(step, -0.3, 0.3), 1.0)
        mujoco.mj_kinematics(model, data)

    def move(self, joints: list[int], positions: Vector) -> None:
        """Put joints somewhere that no constraint of the model has to do with, such as an arm's.

        Args:
            joints: as many as positions.
            positions: shape (n,) [rad or m].
        """
        self.data.qpos[self.model.jnt_qposadr[joints]] = positions
        mujoco.mj_kinematics(self.model, self.data)

    def touching(self) -> set[tuple[int, int]]:
        """Return the pairs of bodies whose shapes touch in this posture."""
        flags = self.model.opt.disableflags
        self.model.opt.disableflags = flags & ~int(mujoco.mjtDisableBit.mjDSBL_CONTACT)
        mujoco.mj_collision(self.model, self.data)
        self.model.opt.disableflags = flags
        bodies = self.model.geom_bodyid[self.data.contact.geom].reshape(-1, 2)
        return {(min(pair), max(pair)) for pair in bodies.tolist()}

    def jacobian(self, body: int, point: Vector, joints: list[int]) -> tuple[Vector, Vector]:
        """Return how a point of a body moves and how it turns with joints, shape (3, n) each.

        Args:
            body: that the point is fixed to.
            point: in the base frame, shape (3,) [m].
            joints: columns of the Jacobian.
        """
        mujoco.mj_comPos(self.model, self.data)
        moves, turns = np.zeros((3, self.model.nv)), np.zeros((3, self.model.nv))
        mujoco.mj_jac(self.model, self.data, moves, turns, point, body)
        dofs = self.model.jnt_dofadr[joints]
        return moves[:, dofs], turns[:, dofs]

    def position(self, joint: int) -> float:
        """Return where a joint is."""
        return float(self.data.qpos[self.model.jnt_qposadr[joint]])

    def pose(self, body: int) -> tuple[Vector, Vector]:
        """Return position (3,) and rotation (3, 3) of a body in the base frame."""
        return self.data.xpos[body].copy(), self.data.xmat[body].reshape(3, 3).copy()

    def axis(self, joint: int) -> Vector:
        """Return the direction of a joint's axis, shape (3,); computed with the last placing."""
        return np.array(self.data.xaxis[joint])

    def anchor(self, joint: int) -> Vector:
        """Return a point of a joint's axis, shape (3,)."""
        return np.array(self.data.xanchor[joint])
