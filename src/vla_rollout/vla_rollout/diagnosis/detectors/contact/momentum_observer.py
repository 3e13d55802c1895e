"""External joint torque, from what the motors give and how the arm moves."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.description.reading import compiled, read_robot
from vla_contract.values import NS_PER_S, Vector

# Time constant 1/K of the observer: a blow shows within two control periods of 20 Hz, and the
# noise of a differentiated velocity does not.
_OBSERVER_S = 0.1
# Below this speed dry friction counts in proportion; encoders of arms see 0.001 rad/s.
_CREEP_RAD_S = 0.01


class MomentumObserver:
    """Estimates the torque from outside by the generalised momentum p = M(q) q'.

    De Luca and Mattone 2003 (ICRA, 'Actuator failure detection and isolation using generalized
    momenta'): r = K (p - integral of (tau - b + M' q' + r)) with the bias b of Coriolis,
    centrifugal, gravity and the model's friction terms. r follows the external torque like a
    first-order filter with time constant 1/K and needs no acceleration. M' is the difference of
    two mass matrices.

    The fingers stay where the model has them. MuJoCo computes the terms, because pinocchio 4.1.0
    reads 0.85 kg too much from the gripper of the Panda's MJCF.
    """

    def __init__(self, cell: Cell) -> None:
        """Load the cell's model.

        Raises:
            ResourceNotFoundError: the model's package or file is missing.
            ContractError: MuJoCo cannot read it.
        """
        # Imported here: of no use to a robot without effort.
        import mujoco

        self._model = compiled(cell.robot.model, read_robot(cell.robot).compile)
        self._data = mujoco.MjData(self._model)
        joints = [self._model.joint(cell.joints[i].model_joint) for i in cell.arm]
        self._q = np.array([joint.qposadr[0] for joint in joints])
        self._v = np.array([joint.dofadr[0] for joint in joints])
        self._inertia = np.zeros((self._model.nv, self._model.nv))
        self._damping = self._model.dof_damping[self._v]
        self._dry_friction = self._model.dof_frictionloss[self._v]
        self.restart()

    def restart(self) -> None:
        """Forget the past; the residual starts at zero."""
        self._last: tuple[int, Vector] | None = None
        self._integral: Vector = np.zeros(len(self._v))
        self._residual: Vector = np.zeros(len(self._v))

    def update(self, stamp_ns: int, position: Vector, velocity: Vector, effort: Vector) -> Vector:
        """Take a measurement of the arm and return the external torque.

        Args:
            stamp_ns: time of the measurement, later than the last one [ns].
            position: shape (n,) [rad or m].
            velocity: shape (n,) [rad/s or m/s].
            effort: torque of the motors, gravity included, shape (n,) [Nm or N].

        Returns:
            Shape (n,) [Nm or N].
        """
        inertia, bias = self._dynamics(position, velocity)
        momentum = inertia @ velocity
        if self._last is None:
            self._integral = momentum
        else:
            last_ns, last_inertia = self._last
            elapsed_s = (stamp_ns - last_ns) / NS_PER_S
            change = (inertia - last_inertia) @ velocity
            self._integral = self._integral + change + (effort - bias + self._residual) * elapsed_s
        self._last = stamp_ns, inertia
        self._residual = (momentum - self._integral) / _OBSERVER_S
        return self._residual

    def _dynamics(self, position: Vector, velocity: Vector) -> tuple[Vector, Vector]:
        """Return mass matrix (n, n) and bias (n,) of the arm."""
        import mujoco

        data = self._data
        data.qpos[self._q], data.qvel[self._v] = position, velocity
        mujoco.mj_kinematics(self._model, data)
        mujoco.mj_comPos(self._model, data)
        mujoco.mj_makeM(self._model, data)
        mujoco.mj_comVel(self._model, data)
        mujoco.mj_fullM(self._model, data, self._inertia)
        bias = np.zeros(self._model.nv)
        mujoco.mj_rne(self._model, data, 0, bias)
        # A joint that creeps does not show which way its dry friction pulls.
        direction = np.clip(velocity / _CREEP_RAD_S, -1.0, 1.0)
        friction = self._damping * velocity + self._dry_friction * direction
        return self._inertia[np.ix_(self._v, self._v)], bias[self._v] + friction
