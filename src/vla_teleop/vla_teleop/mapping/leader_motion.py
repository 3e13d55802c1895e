"""A leader arm leads: by its pose once it is aligned, or by its motion from where both are."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector
from vla_teleop.devices.device_file import RELATIVE
from vla_teleop.devices.reading import Reading
from vla_teleop.mapping.alignment import Offset, worst_offset
from vla_teleop.mapping.leader_joints import LeaderJoints


class LeaderMotion:
    """Wishes of a leader.

    The wish begins where the arm is commanded. Of an absolute leader what is left of the offset
    fades out, the slower of `fade_s` and the speed with which it may; of a relative one it stays.
    """

    def __init__(
        self, joints: LeaderJoints, cell: Cell, mode: str, allowed: Vector, fade_s: float
    ) -> None:
        """Prepare.

        Args:
            joints: of the leader.
            cell: with their limits.
            mode: absolute or relative.
            allowed: how far each may be off at the beginning, shape (n,) [rad or m].
            fade_s: time in which the largest allowed offset fades [s].
        """
        self._joints, self._allowed = joints, allowed
        self._is_relative = mode == RELATIVE
        own = [cell.joints[i] for i in joints.columns]
        self._lower = np.array([joint.lower for joint in own])
        self._upper = np.array([joint.upper for joint in own])
        self._fade_per_s = allowed / fade_s
        self._offset: Vector = np.zeros(len(own))

    @property
    def names(self) -> tuple[str, ...]:
        """See `Motion`."""
        return self._joints.names

    @property
    def columns(self) -> Vector:
        """See `Motion`."""
        return self._joints.columns

    def offset(self, reading: Reading, commanded: Vector) -> Offset | None:
        """See `Motion`."""
        if self._is_relative:
            return None
        leader = self._joints.positions(reading.numbers)
        return worst_offset(self.names, leader, commanded, self._allowed)

    def begin(self, reading: Reading, commanded: Vector) -> None:
        """See `Motion`."""
        self._offset = self._joints.positions(reading.numbers) - commanded

    def wish(self, reading: Reading, commanded: Vector, period_s: float) -> Vector:
        """See `Motion`."""
        leader = self._joints.positions(reading.numbers)
        if not self._is_relative:
            step = self._fade_per_s * period_s
            self._offset = self._offset - np.clip(self._offset, -step, step)
        return np.clip(leader - self._offset, self._lower, self._upper)
