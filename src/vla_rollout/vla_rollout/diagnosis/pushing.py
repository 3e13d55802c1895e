"""Collision: torque that neither motion nor weight explains."""

import numpy as np
from vla_contract.contract import RobotContract
from vla_rollout.cycle import Cycle
from vla_rollout.diagnosis.detector import Detector
from vla_rollout.diagnosis.momentum_observer import MomentumObserver
from vla_rollout.diagnosis.taxonomy import PUSHING


class Pushing(Detector):
    """Largest external torque of an arm joint, as a share of its limit.

    Unavailable, never "no collision", where the robot measures no effort.
    """

    cause = PUSHING
    unit = 'of the effort limit'
    floor = 0.05

    def __init__(self, contract: RobotContract) -> None:
        """Prepare for a robot."""
        self._arm = np.array(contract.arm)
        self._limit = np.array([contract.joints[i].effort for i in contract.arm])
        self._contract = contract
        self._observer: MomentumObserver | None = None
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        if self._observer is not None:
            self._observer.restart()
        self._last_ns: int | None = None
        self._score = 0.0

    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return the worst joint's share; None without measured effort."""
        joints = cycle.joints
        if joints.effort is None:
            return None
        if self._last_ns is None or joints.stamp_ns > self._last_ns:
            if self._observer is None:
                self._observer = MomentumObserver(self._contract)
            measured = (joints.position, joints.velocity, joints.effort)
            torque = self._observer.update(joints.stamp_ns, *(m[self._arm] for m in measured))
            self._last_ns = joints.stamp_ns
            self._score = float((np.abs(torque) / self._limit).max())
        return self._score
