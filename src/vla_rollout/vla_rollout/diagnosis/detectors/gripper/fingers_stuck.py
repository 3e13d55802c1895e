"""Grasp failure: fingers that do not move when they are told to."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import NS_PER_S, Vector
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.gripper.finger_way import FingerWay
from vla_rollout.diagnosis.taxonomy import FINGERS_STUCK
from vla_rollout.episodes.cycle import Cycle

# Fingers that hold an object are also away from what they are told: what counts is whether they
# have gone any way towards it since they were told.
_AWAY, _WENT = 0.3, 0.05
# At rest cycles are told of ten times a second. Longer without one, nobody knows what happened.
_LONGEST_STEP_S = 0.3


class FingersStuck(Detector):
    """Seconds in which fingers were told to be elsewhere, since they last went any way towards it.

    A policy tries again and again, so that the times in between do not count and end nothing.
    """

    cause = FINGERS_STUCK
    unit = 's'
    floor = 0.8
    default = 0.8
    is_learned = False

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot; without a gripper the detector is unavailable."""
        self._fingers = FingerWay(cell)
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        count = len(self._fingers.joints)
        self._side: Vector = np.zeros(count)
        self._from: Vector = np.zeros(count)
        self._waited_s: Vector = np.zeros(count)
        self._last_ns: int | None = None
        self._said = ''

    @property
    def evidence(self) -> str:
        """Which fingers, where they are and where they should be."""
        return self._said

    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return the longest time of any gripper [s]; None without a measured one."""
        if not len(self._fingers.joints) or cycle.command is None:
            return None
        told, here = map(self._fingers.closed, (cycle.command, cycle.joints.position))
        away = told - here
        side = np.where(np.abs(away) > _AWAY, np.sign(away), 0.0)
        begins = side != self._side
        self._side, self._from = side, np.where(begins, here, self._from)
        elapsed_s = 0.0 if self._last_ns is None else (cycle.now_ns - self._last_ns) / NS_PER_S
        self._last_ns = cycle.now_ns
        self._waited_s += (side != 0.0) * min(elapsed_s, _LONGEST_STEP_S)
        self._waited_s[side * (here - self._from) > _WENT] = 0.0
        worst = int(self._waited_s.argmax())
        if side[worst]:
            self._said = (
                f'{self._fingers.names[worst]} told {told[worst]:.0%} closed, '
                f'measured {here[worst]:.0%}'
            )
        return float(self._waited_s[worst])
