"""Takes the arm through a list of poses, one slow move after the other, with a wait at each."""

from collections.abc import Sequence

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.joints.trajectory import chunk_of, joint_move, JointMove
from vla_contract.values import ActionChunk, to_ns, Vector

# Of a chunk; the filter holds by itself when no new one comes within its length.
_STEP_HZ, _HORIZON_S = 10.0, 1.0
# Servos sag by less than this; further away the arm has not arrived.
_ARRIVED = 0.03
# When asked to stop, the arm comes to rest where the plan is this much later.
_HALT_S = 0.2


class PoseDrive:
    """Says what to publish on policy_chunk; it publishes nothing itself."""

    def __init__(
        self, cell: Cell, goals: Sequence[Vector], speed: float, patience_s: float
    ) -> None:
        """Plan the drive.

        Args:
            cell: whose joints move.
            goals: joint positions, each of shape (D,) [rad or m].
            speed: share of the velocity limits, 0 to 1.
            patience_s: longest wait at a pose, for the arm to arrive and for a sample [s].
        """
        self._cell = cell
        self._goals = list(goals)
        self._speed = speed
        self._patience_ns = to_ns(patience_s)
        self._index = -1
        self._move: JointMove | None = None
        self._begin_ns = 0
        self._arrived_ns: int | None = None
        self.skipped: list[int] = []

    @property
    def is_done(self) -> bool:
        """Whether the last pose is left behind."""
        return self._index >= len(self._goals)

    def step(self, now_ns: int, measured: Vector) -> ActionChunk | None:
        """Return the chunk of this instant; None when the drive is done.

        Args:
            now_ns: time [ns].
            measured: where the arm is, shape (D,) [rad or m].
        """
        if self._move is None:
            self._go_on(now_ns, measured)
        if self._move is None or self.is_done:
            return None
        end_ns = self._begin_ns + to_ns(self._move.duration_s)
        if self._arrived_ns is None and now_ns >= end_ns and self._is_there(measured):
            self._arrived_ns = now_ns
        if now_ns > end_ns + self._patience_ns:
            self.skipped.append(self._index)
            self._go_on(now_ns, self._move.goal if self._is_there(measured) else measured)
        if self.is_done:
            return None
        return chunk_of(self._move, self._begin_ns, now_ns, _STEP_HZ, _HORIZON_S)

    def awaits_sample(self, stamp_ns: int) -> bool:
        """Whether an image of this stamp was taken at a pose that still needs a sample."""
        return self._arrived_ns is not None and stamp_ns > self._arrived_ns

    def sample_taken(self, now_ns: int) -> None:
        """Leave for the next pose."""
        if self._move is not None:
            self._go_on(now_ns, self._move.goal)

    def halt(self, now_ns: int) -> ActionChunk | None:
        """Return a chunk that brings the arm to rest, and end the drive."""
        if self._move is None or self.is_done:
            return None
        place = self._move.at((now_ns - self._begin_ns) / 1e9 + _HALT_S)
        self._index = len(self._goals)
        return chunk_of(JointMove(place, place, 1.0), now_ns, now_ns, _STEP_HZ, _HORIZON_S)

    def text(self) -> str:
        """Say where the drive is."""
        if self.is_done:
            return f'drive done, {len(self.skipped)} of {len(self._goals)} poses without a sample'
        return f'pose {max(self._index, 0) + 1} of {len(self._goals)}'

    def _go_on(self, now_ns: int, start: Vector) -> None:
        self._index += 1
        self._arrived_ns = None
        self._begin_ns = now_ns
        if not self.is_done:
            goal = np.array(self._goals[self._index])
            # The gripper stays as it is: it may hold the board.
            grippers = list(self._cell.grippers)
            goal[grippers] = start[grippers]
            self._move = joint_move(self._cell, np.array(start), goal, self._speed)

    def _is_there(self, measured: Vector) -> bool:
        if self._move is None:
            return False
        arm = list(self._cell.arm)
        return bool(np.abs(measured[arm] - self._move.goal[arm]).max() <= _ARRIVED)
