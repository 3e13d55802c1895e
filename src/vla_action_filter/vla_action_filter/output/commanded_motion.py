"""What the arm and its fingers are commanded: smoothed, within the limits, from cycle to cycle."""

import numpy as np
from numpy.typing import NDArray
from vla_action_filter.config import FilterConfig
from vla_action_filter.limits.motion_limiter import MotionLimiter
from vla_action_filter.limits.smoother import EmaSmoother, joint_alphas
from vla_action_filter.output.gripper_gate import GripperGate
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import Reason
from vla_contract.values import to_ns, Vector


class CommandedMotion:
    """The commanded position of all joints, and the only ways in which it changes.

    Attributes:
        limiter: moves the arm within the limits of joints and workspace.
    """

    def __init__(self, cell: Cell, config: FilterConfig) -> None:
        """Prepare for a robot; `stand` gives it a position.

        Raises:
            ContractError: the model for the Cartesian limits cannot be used.
        """
        self.limiter = MotionLimiter(cell, config)
        self._dt = 1.0 / cell.rates.filter_hz
        self._smoother = EmaSmoother(joint_alphas(cell.joint_names, config))
        self._lags_s = self._smoother.lags_s(self._dt)
        self._dim, self._arm = len(cell.joints), np.array(cell.arm)
        dwell_ns = to_ns(config.gripper_dwell_s)
        self._grippers = {i: GripperGate(cell.joints[i], dwell_ns) for i in cell.grippers}

    @property
    def position(self) -> Vector:
        """The command, shape (D,) [rad or m]; a copy."""
        command = np.empty(self._dim)
        command[self._arm] = self.limiter.position
        for i, gate in self._grippers.items():
            command[i] = gate.position
        return command

    @property
    def velocity(self) -> Vector:
        """Its velocity, shape (D,) [rad/s or m/s]; grippers step, and have none."""
        velocity = np.zeros(self._dim)
        velocity[self._arm] = self.limiter.velocity
        return velocity

    @property
    def is_moving(self) -> bool:
        """Whether a joint of the arm has not come to rest."""
        return self.limiter.is_moving

    @property
    def longest_lag_s(self) -> float:
        """By how much smoothing delays the slowest joint [s]."""
        return float(self._lags_s.max())

    def stand(self, position: Vector) -> None:
        """Take a position, shape (D,), as the command, at rest."""
        self.limiter.reset(position[self._arm].tolist())
        for i, gate in self._grippers.items():
            gate.reset(float(position[i]))
        self.forget()

    def rejoin(self, position: Vector, velocity: Vector) -> None:
        """Go on from where the controllers brake: joints and speeds, shape (D,) each."""
        self.limiter.rejoin(position[self._arm].tolist(), velocity[self._arm].tolist())
        self.forget()

    def forget(self) -> None:
        """Smooth nothing of what was followed into what comes next."""
        self._smoother.reset()

    def brake(self) -> Vector:
        """Decelerate the arm within its limits, keep the fingers as they are; the command."""
        self.limiter.brake()
        # What was planned before a stop must not resume after it.
        self.forget()
        return self.position

    def ahead(self, is_new_plan: NDArray[np.bool_]) -> Vector:
        """Return what has to be followed for the arm to go on as it does, shape (D,).

        Args:
            is_new_plan: for which joints that which is followed next begins anew, shape (D,). An
                average over two plans belongs to neither: it begins at what the arm does.
        """
        position, velocity = self.position, self.velocity
        self._smoother.prime(position, velocity, is_new_plan)
        return position + velocity * (self._dt + self._lags_s)

    def follow(
        self, position: Vector, velocity: Vector, speed_scale: float, now_ns: int
    ) -> list[Reason]:
        """Move by one cycle towards a target; return the limits that were active.

        Args:
            position: of the target, shape (D,) [rad or m].
            velocity: of the target, shape (D,) [rad/s or m/s].
            speed_scale: share of the velocity limits in use, in [0, 1].
            now_ns: when the arm is to be there [ns].
        """
        target, slope = self._smoother.smooth(position, velocity)
        reasons = self.limiter.step(target[self._arm], slope[self._arm], speed_scale)
        for i, gate in self._grippers.items():
            gate.step(float(position[i]), now_ns)
        return reasons
