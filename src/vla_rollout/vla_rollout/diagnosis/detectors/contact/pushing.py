"""Collision: torque that neither motion nor weight explains."""

import logging

import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.cell import Cell
from vla_contract.errors import VlaError
from vla_contract.values import to_ns, Vector
from vla_rollout.diagnosis.cause import Cause
from vla_rollout.diagnosis.detectors.contact.momentum_observer import MomentumObserver
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.taxonomy import LOAD, PUSHING
from vla_rollout.episodes.cycle import Cycle

# Five time constants of the observer: after a longer gap its integral is a guess.
_LONGEST_GAP_NS = to_ns(0.5)
# Of a joint's range: less than an arm goes before it can have met anything.
_MOVED = 0.01

_LOG = logging.getLogger(__name__)


class Pushing(Detector):
    """Largest external torque of an arm joint, as a share of its limit.

    Unavailable, never "no collision", where the robot measures no effort or no velocity. A cycle
    in which a joint that has been measured is not, says nothing and is left out.
    """

    cause = PUSHING
    variants = (LOAD,)
    unit = 'of the effort limit'
    floor = 0.05
    blind_at = 0.5

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot."""
        self._arm = np.array(cell.arm)
        self._limit = np.array([cell.joints[i].effort for i in cell.arm])
        self._names = [cell.joints[i].name for i in cell.arm]
        self._span = joint_span(cell)[self._arm]
        # Here, not in the first cycle: to import MuJoCo and compile takes a second, and meanwhile
        # nobody hears the topics.
        self._observer = _observer_of(cell)
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._start: Vector | None = None
        self._has_moved, self._worst = False, 0
        self._observe_anew()

    def _observe_anew(self) -> None:
        """Forget what was measured."""
        if self._observer is not None:
            self._observer.restart()
        self._last_ns: int | None = None
        self._measured: NDArray[np.bool_] = np.zeros(len(self._arm), dtype=bool)
        self._score: float | None = None

    @property
    def evidence(self) -> str:
        """Which joint."""
        return f'{self._names[self._worst]} worst'

    @property
    def found(self) -> Cause:
        """A load that was there before the arm went anywhere is no collision."""
        return PUSHING if self._has_moved else LOAD

    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return the worst joint's share; None without measured effort."""
        joints = cycle.joints
        here = joints.position[self._arm] / self._span
        self._start = here if self._start is None else self._start
        self._has_moved = self._has_moved or bool((np.abs(here - self._start) > _MOVED).any())
        if self._observer is None:
            return None
        if self._last_ns is not None and joints.stamp_ns - self._last_ns > _LONGEST_GAP_NS:
            self._observe_anew()
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
            return
        if (is_measured != self._measured).any():
            self._observer.restart()
        effort = np.where(is_measured, effort, 0.0)
        torque = self._observer.update(stamp_ns, position, velocity, effort)
        self._last_ns, self._measured = stamp_ns, is_measured
        shares = np.where(is_measured, np.abs(torque) / self._limit, 0.0)
        self._worst = int(shares.argmax())
        self._score = float(shares[self._worst])


def _observer_of(cell: Cell) -> MomentumObserver | None:
    """Return the observer of a cell, None where its model cannot be had."""
    if not cell.robot.model.is_given:
        return None
    try:
        return MomentumObserver(cell)
    except (VlaError, KeyError) as error:
        # Also a joint that the model does not have, which the simulator and preflight say better.
        _LOG.warning('pushing is not looked for: %s', error)
        return None
