"""Whether the steps of a chunk last until the next chunk comes."""

from dataclasses import dataclass
import math

from vla_contract.deployment.deployment import Deployment
from vla_contract.values import to_ns
from vla_policy_server.serving.chunk_scheduler import LEAST_STEPS

_TENTH_NS = 100_000_000


@dataclass(frozen=True)
class Coverage:
    """How long the chunks of a policy keep an arm in motion.

    Attributes:
        steps: of a chunk.
        period_ns: between them [ns].
        usable_ns: age at which a chunk's steps no longer count [ns].
        frame_ns: between images, for one of which an inference may have to wait [ns].
    """

    steps: int
    period_ns: int
    usable_ns: int
    frame_ns: int

    @property
    def longest_delay_ns(self) -> int:
        """Age of an observation at its chunk's arrival up to which the arm does not stop [ns].

        The next observation is made when a chunk has arrived, up to a frame later, and its own
        chunk comes a delay after that: two delays and a frame after the observation of the first.
        """
        return max(0, (self._lasts_ns - self.frame_ns) // 2)

    @property
    def _lasts_ns(self) -> int:
        return min(self.steps * self.period_ns, self.usable_ns)

    def gap(self, delay_ns: int) -> str:
        """Return that the arm stops between chunks that come so late, and what would do.

        Args:
            delay_ns: age of an observation when its chunk arrives [ns].

        Returns:
            One line; '' where the chunks suffice, and for those of so few steps that each is
            played to its end before the next question.
        """
        # Where a frame alone outlasts a chunk, no delay is short enough.
        needed_ns = 2 * delay_ns + self.frame_ns
        if self.steps < LEAST_STEPS or needed_ns <= self._lasts_ns:
            return ''
        cures = []
        if self.usable_ns < needed_ns:
            tenths = math.ceil(needed_ns / _TENTH_NS)
            cures.append(f'deadlines.chunk_age_s of {tenths / 10:g} in the cell')
        if self.steps * self.period_ns < needed_ns:
            cures.append(f'chunks of {math.ceil(needed_ns / self.period_ns)} steps')
        length = f'{self.steps} steps at {1e9 / self.period_ns:g} Hz'
        return (
            f'an answer takes {_ms(delay_ns)}, and chunks of {length}, of which '
            f'{self.usable_ns / 1e9:g} s count, cover {_ms(self.longest_delay_ns)}: the arm stops '
            f'between them; allowed: a faster policy, or {" and ".join(cures)}'
        )


def frame_ns(deployment: Deployment) -> int:
    """Return the time between images of the slowest camera that a policy looks at [ns]."""
    cell = deployment.cell
    rates_hz = [cell.camera(seen.camera).rate_hz for seen in deployment.policy.cameras]
    return to_ns(1.0 / min(rates_hz)) if rates_hz else 0


def _ms(duration_ns: int) -> str:
    return f'{duration_ns / 1e6:.0f} ms'
