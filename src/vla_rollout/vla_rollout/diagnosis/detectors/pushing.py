"""Collision: torque that neither motion nor weight explains."""

import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.cell import Cell
from vla_contract.values import to_ns, Vector
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.momentum_observer import MomentumObserver
from vla_rollout.diagnosis.taxonomy import PUSHING
from vla_rollout.episodes.cycle import Cycle

# Five time constants of the observer: after a longer gap its integral is a guess.
_LONGEST_GAP_NS = to_ns(0.5)


class Pushing(Detector):
    """Largest external torque of an arm joint, as a share of its limit.

    Unavailable, never "no collision", where the robot measures no effort or no velocity. A cycle
    in which a joint that has been measured is not, says nothing and is left out.
    """

    cause = PUSHING
    unit = 'of the effort limit'
    floor = 0.05

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot."""
        self._arm = np.array(cell.arm)
        self._limit = np.array([cell.joints[i].effort for i in cell.arm])
        self._cell = cell
        self._observer: MomentumObserver | None = None
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        if self._observer is not None:
            self._observer.restart()
        self._last_ns: int | None = None
        self._measured: NDArray[np.bool_] = np.zeros(len(self._arm), dtype=bool)
        self._score: float | None = None

    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return the worst joint's share; None without measured effort."""
        joints = cycle.joints
        if self._last_ns is not None and joints.stamp_ns - self._last_ns > _LONGEST_GAP_NS:
            self.restart()
        if joints.effort is None or (
            self._last_ns is not None and joints.stamp_ns <= self._last_ns
        ):
            return self._score
        values = (joints.position, joints.velocity, joints.effort)
        position, velocity, effort = (value[self._arm] for value in values)
        is_measured = np.isfinite(effort)
        has_gap = bool((self._measured & ~is_measured).any())
        if has_gap or not is_measured.any() or not np.isfinite(velocity).all():
            return self._score
        self._observe(joints.stamp_ns, position, velocity, effort, is_measured)
        return self._score

    def _observe(
        self,
        stamp_ns: int,
        position: Vector,
        velocity: Vector,
        effort: Vector,
        is_measured: NDArray[np.bool_],
    ) -> None:
        """Take a measurement in which only some efforts are finite; the residual is per joint."""
        if self._observer is None:
            self._observer = MomentumObserver(self._cell)
        if (is_measured != self._measured).any():
            self._observer.restart()
        effort = np.where(is_measured, effort, 0.0)
        torque = self._observer.update(stamp_ns, position, velocity, effort)
        self._last_ns, self._measured = stamp_ns, is_measured
        self._score = float((np.abs(torque) / self._limit)[is_measured].max())
