"""What happens where one chunk takes over from the one before."""

from dataclasses import dataclass

import numpy as np
from vla_contract.chunk_curve import ChunkCurve
from vla_contract.values import ActionChunk
from vla_policy_server.serving.sample_window import SampleWindow


@dataclass(frozen=True)
class Seam:
    """The step between two chunks at the instant of the change.

    Attributes:
        distance_rad: largest distance of an arm joint between old and new chunk [rad].
        velocity_jump_rad_s: largest change of an arm joint's speed [rad/s].
    """

    distance_rad: float
    velocity_jump_rad_s: float


def measure_seam(old: ActionChunk, new: ActionChunk, now_ns: int, arm: tuple[int, ...]) -> Seam:
    """Compare two chunks at a time, over the joints of the arm; a gripper may snap."""
    joints = list(arm)
    (here, velocity), (there, next_velocity) = (
        ChunkCurve(chunk).sample(now_ns) for chunk in (old, new)
    )
    return Seam(
        float(np.abs(there - here)[joints].max()),
        float(np.abs(next_velocity - velocity)[joints].max()),
    )


class SeamWindow:
    """Percentiles over the most recent seams."""

    def __init__(self) -> None:
        """Start without seams."""
        self._distances, self._jumps = SampleWindow(), SampleWindow()

    def add(self, seam: Seam) -> None:
        """Add the seam of one chunk."""
        self._distances.add(seam.distance_rad)
        self._jumps.add(seam.velocity_jump_rad_s)

    def clear(self) -> None:
        """Forget all seams."""
        self._distances.clear()
        self._jumps.clear()

    def values(self) -> dict[str, float | None]:
        """Return median and 95th percentile of distance and velocity jump, by name."""
        return {
            f'seam_{name}_p{percent}_{unit}': window.percentile(percent)
            for name, unit, window in (
                ('distance', 'rad', self._distances),
                ('velocity_jump', 'rad_s', self._jumps),
            )
            for percent in (50, 95)
        }
