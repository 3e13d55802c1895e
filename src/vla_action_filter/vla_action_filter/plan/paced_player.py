"""Plays chunks by time or, where the arm is slowed down, no faster than it may go."""

from dataclasses import replace

import numpy as np
from vla_action_filter.plan.chunk_ensemble import ChunkEnsemble
from vla_action_filter.plan.chunk_player import ChunkPlayer
from vla_action_filter.plan.plan_clock import PlanClock
from vla_contract.deployment.cell import Cell
from vla_contract.values import ActionChunk, Vector

# Slowed down, the plan is a little slower than the arm, which can so catch up with it.
_LEAVES_ROOM = 0.9


class PacedPlayer:
    """A player whose plan waits for an arm that is slowed down.

    Speed scaling as in ros2_control's joint_trajectory_controller: later along the same path. To
    clamp the speed of each joint instead cuts its corners, and closes the fingers before the arm
    is there. At full speed nothing waits: what a policy wants too fast is left to the limits.

    Attributes:
        chunk: the newest chunk as it came, None without one.
        now_ns: time at which the plan was last sampled [ns].
        plan_ns: what the plan's clock showed then [ns].
        rate: how fast that clock goes since then, at most 1.
        permitted: share of the clock's speed that the robot itself permits, at most 1.
    """

    def __init__(self, cell: Cell, player: ChunkPlayer | ChunkEnsemble) -> None:
        """Pace a player for a robot."""
        self._player = player
        self._arm = np.array(cell.arm)
        self._most = np.array([cell.joints[i].velocity for i in cell.arm])
        self._clock = PlanClock()
        self.permitted = 1.0
        self.clear()

    def clear(self) -> None:
        """Forget the plan."""
        self.chunk: ActionChunk | None = None
        self.now_ns = self.plan_ns = 0
        self._player.clear()
        self._clock.restart()
        self.rate = 1.0

    @property
    def played(self) -> ActionChunk | None:
        """The newest chunk, stamped by the plan's clock."""
        return self._player.chunk

    def as_played(self, chunk: ActionChunk) -> ActionChunk:
        """Return a chunk stamped with what the plan's clock showed at its observation."""
        return replace(chunk, stamp_ns=self.time(chunk.stamp_ns))

    def time(self, when_ns: int) -> int:
        """Return what the plan's clock showed at a time [ns]."""
        return self._clock.at(when_ns)

    def offer(self, chunk: ActionChunk) -> bool:
        """Take a chunk unless its observation is older than the one in use."""
        if self.chunk is not None and chunk.stamp_ns < self.chunk.stamp_ns:
            return False
        self.chunk = chunk
        return self._player.offer(self.as_played(chunk))

    def sample(
        self, now_ns: int, speed: float = 1.0, is_held: bool = False
    ) -> tuple[Vector, Vector] | None:
        """Return target position and velocity, each of shape (D,), or None without a chunk.

        Args:
            now_ns: time, later at each call [ns].
            speed: share of the velocity limits in use.
            is_held: whether the arm is held, so that time goes by unplayed.
        """
        if is_held:
            self.pause()
        self.now_ns, self.plan_ns = now_ns, self._clock.advance(now_ns, self.rate)
        sampled = self._player.sample(self.plan_ns)
        if sampled is None:
            return None
        desired, desired_velocity = sampled
        rate = self._most_rate(desired_velocity, speed)
        self.rate = 1.0 if is_held else rate
        return desired, rate * desired_velocity

    def pause(self) -> None:
        """Advance the clock until the next sample: no plan waits for an arm that is held."""
        self.rate = 1.0

    def _most_rate(self, desired_velocity: Vector, speed: float) -> float:
        """Return the share of the clock's speed at which no joint goes too fast."""
        if speed >= 1.0:
            return self.permitted
        share = float((np.abs(desired_velocity[self._arm]) / self._most).max())
        return min(self.permitted, _LEAVES_ROOM * speed / max(share, 1e-9))
