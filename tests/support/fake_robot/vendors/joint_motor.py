"""A simulated STS3215 whose shaft is turned by the joint of a simulated world."""

import numpy as np
from vla_contract.deployment.robot import Joint
from vla_lerobot.drivers.simulated.motor import GOAL, SimulatedMotor, STEPS

_RAD_PER_STEP = 2.0 * np.pi / (STEPS - 1)


class JointMotor(SimulatedMotor):
    """A motor whose shaft somebody else turns."""

    def __init__(
        self, id_: int, joint: Joint, limits: tuple[int, int], offset: int, is_gripper: bool
    ) -> None:
        self._joint, self._limits, self._is_gripper = joint, limits, is_gripper
        super().__init__(id_, sum(limits) // 2, limits, offset)

    def step(self, period_s: float) -> None:
        """Do nothing: the world moves it."""

    @property
    def goal(self) -> float:
        """Where it was told to go, of its joint [rad]."""
        return self._joint_at(self.word(GOAL))

    @property
    def joint_position(self) -> float:
        """Where its joint is [rad]."""
        return self._joint_at(self.position)

    def turn(self, position: float) -> None:
        """Stand where the joint stands [rad]."""
        lower, upper = self._limits
        joint = self._joint
        if self._is_gripper:
            share = (position - joint.closed) / (joint.open - joint.closed)
            steps = lower + share * (upper - lower)
        else:
            steps = (lower + upper) / 2.0 + position / _RAD_PER_STEP
        self.shaft = steps + self._offset
        self._show(0.0)

    def _joint_at(self, steps: float) -> float:
        lower, upper = self._limits
        joint = self._joint
        if self._is_gripper:
            share = (steps - lower) / (upper - lower)
            return joint.closed + share * (joint.open - joint.closed)
        return (steps - (lower + upper) / 2.0) * _RAD_PER_STEP
