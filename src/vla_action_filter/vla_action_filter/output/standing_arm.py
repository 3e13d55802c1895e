"""An arm that is not moved: where it stands, and where a motion begins."""

import numpy as np
from vla_action_filter.config import FilterConfig
from vla_action_filter.output.commanded_motion import CommandedMotion
from vla_action_filter.output.held_position import HeldPosition
from vla_action_filter.watchdogs.watchdogs import Watchdogs
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector


class StandingArm:
    """Takes an arm as it stands, and goes along with one that somebody else moves."""

    def __init__(
        self, cell: Cell, config: FilterConfig, motion: CommandedMotion, watchdogs: Watchdogs
    ) -> None:
        """Prepare for a robot, its command and what is measured of it."""
        self._held = HeldPosition(cell, config)
        self._motion, self._watchdogs = motion, watchdogs
        self._arm = np.array(cell.arm)

    def offer_reference(self, position: Vector) -> None:
        """Take what the controllers say to hold, shape (D,) [rad or m], NaN for not known."""
        self._held.offer_reference(position)

    def where_held(self) -> Vector:
        """Return the position that the controllers hold, as far as is known, (D,) [rad or m]."""
        sample = self._watchdogs.joints
        return self._held.where(self._motion.position if sample is None else sample.position)

    def begin(self) -> None:
        """Command the arm to be, at rest, where the controllers hold it."""
        self._motion.stand(self.where_held())
        self.rest()

    def rest(self) -> None:
        """Remember where the arm stands, and what it was told last."""
        if self._watchdogs.joints is not None:
            self._held.rest(self._motion.position, self._watchdogs.joints.position)

    def follow_measured(self) -> bool:
        """While nothing is sent, go along with the measured arm; return whether it was moved."""
        sample = self._watchdogs.joints
        command = self._motion.position
        if sample is None or self._held.is_near(command, sample.position):
            return False
        command[self._arm] = sample.position[self._arm]
        self._motion.stand(command)
        return True
