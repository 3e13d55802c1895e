"""Drift: the arm is where it never is when the task succeeds."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.taxonomy import OFF_PATH
from vla_rollout.episodes.cycle import Cycle


class OffPath(Detector):
    """Distance of the measured arm to the nearest posture of successful episodes.

    The distance is the largest over the joints, each as a share of its range.
    """

    cause = OFF_PATH
    unit = 'of the joint range'
    floor = 0.02

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

    def restart(self) -> None:
        """Keep nothing of an episode."""

    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return the distance, as a share of a joint's range; None without postures."""
        if not len(self._postures):
            return None
        here = cycle.joints.position[self._arm] / self._span
        return float(np.abs(self._postures - here).max(axis=1).min())


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
