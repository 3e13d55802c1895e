"""No sight: a camera that shows the same picture again and again."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Image, NS_PER_S, Vector
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.taxonomy import STILL_IMAGE
from vla_rollout.episodes.cycle import Cycle

# Of a joint's range. An arm that moved so far looks different, and so does what is on its hand.
_MOVED = 0.03


class StillImage(Detector):
    """Seconds in which a camera gave the very same pixels while the arm moved.

    The noise of a sensor alone makes two pictures differ, and in a simulation the arm does.
    """

    cause = STILL_IMAGE
    unit = 's'
    floor = 0.7
    default = 0.7
    is_learned = False

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot."""
        self._arm = np.array(cell.arm)
        self._span = joint_span(cell)[self._arm]
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._first: dict[str, tuple[int, Image, Vector | None]] = {}
        self._here: Vector | None = None
        self._score: float | None = None
        self._said = ''

    @property
    def evidence(self) -> str:
        """Which camera."""
        return self._said

    def see_frame(self, camera: str, stamp_ns: int, image: Image) -> None:
        """Compare an image with the first one like it."""
        self._score = self._score or 0.0
        known = self._first.get(camera)
        if known is None or known[2] is None or not np.array_equal(known[1], image):
            self._first[camera] = (stamp_ns, image, self._here)
            return
        if self._here is not None and (np.abs(self._here - known[2]) > _MOVED).any():
            still_s = (stamp_ns - known[0]) / NS_PER_S
            self._said = f'camera {camera}: the same picture for {still_s:.1f} s'
            self._score = max(self._score, still_s)

    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return the longest time of any camera [s]; None before the first image."""
        self._here = cycle.joints.position[self._arm] / self._span
        return self._score
