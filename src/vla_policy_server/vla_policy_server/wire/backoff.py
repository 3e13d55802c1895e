"""When to try again after failures: soon at first, then ever more rarely."""

from dataclasses import dataclass


@dataclass
class Backoff:
    """Doubles the pause with every failure.

    Attributes:
        first_s: pause after the first failure [s].
        longest_s: pause that is not exceeded [s].
        not_before_s: time of the next attempt, by the clock that `failed` is given [s].
    """

    first_s: float = 0.1
    longest_s: float = 5.0
    not_before_s: float = float('-inf')
    _pause_s: float = 0.0

    def failed(self, now_s: float) -> None:
        """Take note of a failure."""
        self._pause_s = min(max(self.first_s, 2.0 * self._pause_s), self.longest_s)
        self.not_before_s = now_s + self._pause_s

    def succeeded(self) -> None:
        """Start over."""
        self._pause_s = 0.0
        self.not_before_s = float('-inf')
