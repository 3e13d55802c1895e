"""Drift: the arm is where it never is when the task succeeds."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector
from vla_rollout.diagnosis.cause import Cause
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.joint_changes import explaining_change_of_arm
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.taxonomy import OFF_PATH, OFF_START
from vla_rollout.episodes.cycle import Cycle

# Of a joint's range.
_MOVED = 0.01


class OffPath(Detector):
    """Distance of the measured arm to the nearest posture of successful episodes.

    The distance is the largest over the joints, each as a share of its range.
    """

    cause = OFF_PATH
    variants = (OFF_START,)
    unit = 'of the joint range'
    floor = 0.02
    blind_at = 0.25

    def __init__(self, cell: Cell, postures: Vector) -> None:
        """Prepare for a robot.

        Args:
            cell: its robot and cameras.
            postures: arm joints seen in successful episodes, shape (N, n) [rad or m]; none makes
                the detector unavailable.
        """
        self._arm = np.array(cell.arm)
        self._span = joint_span(cell)[self._arm]
        self._postures = np.asarray(postures) / self._span
        joints = [cell.joints[i] for i in cell.arm]
        self._names = [joint.name for joint in joints]
        self._explain = explaining_change_of_arm(cell)
        self._units = ['m' if joint.type == 'prismatic' else 'rad' for joint in joints]
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._start: Vector | None = None
        self._has_moved, self._said, self._change = False, '', ''

    @property
    def evidence(self) -> str:
        """Which joint is where it never was, and which mistake would explain it."""
        return '; '.join(filter(None, (self._said, self._change)))

    @property
    def found(self) -> Cause:
        """An arm that is elsewhere from the start on has not been led there."""
        return OFF_PATH if self._has_moved else OFF_START

    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return the distance, as a share of a joint's range; None without postures."""
        if not len(self._postures):
            return None
        here = cycle.joints.position[self._arm] / self._span
        if self._start is None:
            self._start = here
            change = self._explain(here * self._span, self._postures * self._span)
            self._change = f'it looks like {change}' if change else ''
        self._has_moved |= bool((np.abs(here - self._start) > _MOVED).any())
        apart = np.abs(self._postures - here)
        nearest = apart[apart.max(axis=1).argmin()]
        worst = int(nearest.argmax())
        off = nearest[worst] * self._span[worst]
        self._said = f'{self._names[worst]} {off:.2f} {self._units[worst]} from the nearest'
        return float(nearest[worst])


def thin_out(postures: Vector, count: int) -> Vector:
    """Return `count` of N postures that cover all: the farthest point is taken next.

    Gonzalez 1985 (Theoret. Comput. Sci. 38, 293-306): at most twice the best possible radius.

    Args:
        postures: shape (N, n), already divided by the joint ranges.
        count: how many to keep.
    """
    kept = [0]
    distance = np.abs(postures - postures[0]).max(axis=1)
    while len(kept) < min(count, len(postures)):
        kept.append(int(distance.argmax()))
        distance = np.minimum(distance, np.abs(postures - postures[kept[-1]]).max(axis=1))
    return postures[kept]
