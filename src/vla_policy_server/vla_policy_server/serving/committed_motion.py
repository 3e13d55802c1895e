"""What the arm will do while the policy thinks, from what the action filter says it plays."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from vla_contract.chunk_curve import ChunkCurve
from vla_contract.filter_status import PlanProgress
from vla_contract.values import ActionChunk, CommittedPlan, to_ns, Vector

# The filter says what it plays ten times a second; what is older than a few of these says nothing.
_KNOWN_NS = to_ns(0.5)
# Chunks on their way to the filter, or just replaced there.
_KEPT = 4


class CommittedMotion:
    """Knows the published chunks and how far the filter is in one of them.

    The filter may have refused the newest chunk, or play it slower than it was meant, at a
    `speed_scale` below 1: what a policy has to continue is what the filter plays.
    """

    def __init__(self, grippers: Sequence[int] = ()) -> None:
        """Start without a chunk; `grippers` as for `ChunkCurve`."""
        self._grippers = grippers
        self._published: deque[ActionChunk] = deque(maxlen=_KEPT)
        self.restart()

    def restart(self) -> None:
        """Forget all chunks."""
        self._published.clear()
        self._progress: PlanProgress | None = None

    def publish(self, chunk: ActionChunk) -> None:
        """Take a chunk that goes to the filter."""
        self._published.append(chunk)

    def see(self, progress: PlanProgress | None) -> None:
        """Take what the filter says it plays, None for nothing."""
        self._progress = progress

    def after(self, observed_ns: int, delay_ns: int) -> CommittedPlan | None:
        """Return what the arm does from an observation on; None where nothing is known or left.

        Steps are those of the plan: slowed down, fewer of them are played in the same time.

        Args:
            observed_ns: time of the observation [ns].
            delay_ns: age that it has when its chunk arrives [ns].
        """
        progress = self._progress
        if progress is None or abs(observed_ns - progress.time_ns) > _KNOWN_NS:
            return None
        chunk = next((c for c in self._published if c.stamp_ns == progress.chunk.stamp_ns), None)
        if chunk is None:
            return None
        played = replace(chunk, stamp_ns=progress.chunk.plan_ns)
        rest = self._rest(played, progress.plan_at(observed_ns))
        delay_steps = -(-round(progress.rate * delay_ns) // chunk.period_ns)
        return CommittedPlan(rest, delay_steps) if len(rest) else None

    def _rest(self, chunk: ActionChunk, from_ns: int) -> Vector:
        """Return what a chunk still does from a time on, in its own period, shape (K, D)."""
        count = 1 + max(-1, (chunk.end_ns - from_ns) // chunk.period_ns)
        curve = ChunkCurve(chunk, self._grippers)
        rows = [curve.sample(from_ns + k * chunk.period_ns)[0] for k in range(count)]
        return np.array(rows).reshape(count, chunk.positions.shape[1])
