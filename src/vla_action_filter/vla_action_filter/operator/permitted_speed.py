"""The speed that the robot itself permits: its slider, its safety limits, its pause."""

from collections.abc import Callable
import math
import time

# A broadcaster publishes at 100 Hz; a loaded machine delays a process by some tenths of a second.
_SILENT_S = 1.0
_PERCENT = 100.0


class PermittedSpeed:
    """Keeps the newest word of a robot that slows down what it is told.

    Such a robot goes only a share of the way that each command asks for. A plan that went on at
    its own speed would run away from the arm, so it is played no faster than that share.

    What is not heard is not known: then the share is 0, and `fault` says why.
    """

    def __init__(self, topic: str, now_s: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing heard.

        Args:
            topic: where the robot says it, for the reasons.
            now_s: clock of the machine [s]: a robot speaks in real time.
        """
        self._topic, self._now_s = topic, now_s
        self._share = 0.0
        self._heard_s = -math.inf

    def hear(self, percent: float) -> None:
        """Take what the robot says, in percent; what is no number counts as a standstill."""
        self._heard_s = self._now_s()
        share = percent / _PERCENT if math.isfinite(percent) else 0.0
        self._share = min(max(share, 0.0), 1.0)

    @property
    def share(self) -> float:
        """How fast a plan may be played, from 0 to 1."""
        return 0.0 if self.fault else self._share

    @property
    def fault(self) -> str:
        """Why the speed is not known, '' when it is."""
        if self._now_s() - self._heard_s <= _SILENT_S:
            return ''
        return f'nothing heard on {self._topic}: is its broadcaster active?'
