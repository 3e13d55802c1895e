"""Time that is missing between two frames of a recording."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Gap:
    """A time within an episode of which there is no frame.

    A dataset has no times of its own: LeRobot counts frames at a fixed rate, so that what lies on
    both sides of a gap would follow one another at once.

    Attributes:
        after_s: since the first frame [s].
        duration_s: how late the next frame was [s].
        why: what was missing last.
    """

    after_s: float
    duration_s: float
    why: str

    def __str__(self) -> str:
        return f'nothing for {self.duration_s:.2f} s after {self.after_s:.2f} s ({self.why})'


OnGap = Callable[[Gap], object]
