"""The joints that no motor moves: where a gripper's rods and springs leave them."""

from collections.abc import Collection

import daqp
import mujoco
import numpy as np
from vla_contract.values import Vector

# Joints that move by less have found their place; no step is longer than a linkage stays straight.
_CLOSED, _STEP, _MOST_STEPS = 1e-7, 0.3, 30
# Of the largest singular value: rows that are less independent say nothing new.
_SAME = 1e-6
# A joint without a spring is held by this much of the stiffest one's.
_LOOSE = 1e-3
# How daqp is told of an equality.
_EQUALITY = 5


class Linkage:
    """Closes the loops of a model, whatever its commanded joints do, without simulating it.

    Beside the simulator, which closes the 2F-85 with its motor, its pads are within 0.6 mm.
    """

    def __init__(
        self, model: mujoco.MjModel, data: mujoco.MjData, commanded: Collection[int]
    ) -> None:
        """Prepare for a model; its contacts are switched off.

        Args:
            model: of the robot.
            data: of the model; what is here is moved.
            commanded: degrees of freedom that stay where they are.
        """
        model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
        model.opt.jacobian = mujoco.mjtJacobian.mjJAC_DENSE
        self._model, self._data = model, data
        self._dofs = [dof for dof in range(model.nv) if dof not in commanded]
        joints = [int(model.dof_jntid[dof]) for dof in self._dofs]
        self._qpos = [int(model.jnt_qposadr[joint]) for joint in joints]
        springs = model.jnt_stiffness[joints]
        self._stiffness = springs / max(springs.max(initial=0.0), 1e-12) + _LOOSE
        self._rest = model.qpos_spring[self._qpos]
        is_free = model.jnt_limited[joints] == 0
        self._range = np.where(is_free, [[-1e3], [1e3]], model.jnt_range[joints].T)

    def close(self) -> None:
        """Move the other joints to where the model's equalities hold.

        Of all such places it is the one in which springs and ends of the joints leave them: a
        sequence of quadratic programs, from where they were last.
        """
        data = self._data
        for _ in range(_MOST_STEPS):
            mujoco.mj_fwdPosition(self._model, data)
            rows = data.efc_type == mujoco.mjtConstraint.mjCNSTR_EQUALITY
            if not self._dofs or not rows.any():
                return
            jacobian = data.efc_J.reshape(data.nefc, self._model.nv)[rows][:, self._dofs]
            step = self._step(jacobian, data.efc_pos[rows])
            data.qpos[self._qpos] += step
            if np.abs(step).max() < _CLOSED:
                return

    def _step(self, jacobian: Vector, error: Vector) -> Vector:
        """Return how far the joints move, shape (P,) [rad or m].

        Args:
            jacobian: of the equalities, shape (E, P).
            error: how far they are from holding, shape (E,).
        """
        # A flat linkage has rows that say the same, which a solver takes for a contradiction.
        u, sizes, vt = np.linalg.svd(jacobian, full_matrices=False)
        rank = int((sizes > _SAME * sizes[0]).sum())
        wanted = -(u[:, :rank].T @ error) / sizes[:rank]
        now = self._data.qpos[self._qpos]
        lower, upper = self._range - now
        sense = np.r_[np.zeros(len(now)), np.full(rank, _EQUALITY)].astype(np.int32)
        found, _, flag, _ = daqp.solve(
            np.diag(self._stiffness), self._stiffness * (now - self._rest),
            np.ascontiguousarray(vt[:rank]), np.r_[upper, wanted], np.r_[lower, wanted], sense,
        )  # fmt: skip
        if flag < 1:
            # No place is within the ends: as near as it comes.
            found = vt[:rank].T @ wanted
        step: Vector = np.clip(found, -_STEP, _STEP)
        return step
