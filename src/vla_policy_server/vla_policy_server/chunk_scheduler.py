"""When to infer, when a chunk counts, and when its steps ran out. Pure: no clock, no thread."""

from dataclasses import dataclass, replace

from vla_contract.values import ActionChunk, CommittedPlan
from vla_policy_server.chunk_sampling import rest_of
from vla_policy_server.latency import LatencyWindow

MODES = ('sync', 'async', 'rtc')

# A minute of chunks: long enough for a 95th percentile, short enough to forget a bad spell.
_DELAYS = 60


@dataclass(frozen=True)
class Schedule:
    """How inferences follow each other.

    Attributes:
        mode: `sync` stops, thinks, plays, as a loop around `select_action` does; `async` thinks
            while the arm moves; `rtc` also tells the policy what the arm does meanwhile.
        execute_steps: steps of a chunk after which the next inference starts. In `async` and
            `rtc` it starts sooner when the steps left would not last until its answer.
    """

    mode: str = 'async'
    execute_steps: int = 4


class ChunkScheduler:
    """Keeps the chunk in use and knows when the next inference is due.

    Chunks are played by time: steps that became stale while the policy thought are skipped, so
    latency never becomes drift. Only the time for which the arm stood, because it had no step
    left, does not count: from standing, a chunk starts with its first step and not in mid-motion.
    """

    def __init__(self, schedule: Schedule, period_ns: int, usable_ns: int) -> None:
        """Start without a chunk.

        Args:
            schedule: the mode and how much of a chunk is played.
            period_ns: time between the steps of a chunk [ns].
            usable_ns: age at which a chunk's steps no longer count, whatever its length [ns].
        """
        self._schedule = schedule
        self._period_ns = period_ns
        self._usable_ns = usable_ns
        self._delays = LatencyWindow(_DELAYS)
        self._first_delay_ns: int | None = None
        self.restart()

    def restart(self) -> None:
        """Forget the chunk and the count of starved periods; delays remain known."""
        self.chunk: ActionChunk | None = None
        self._observed_ns: int | None = None
        self._covered_until_ns = 0
        self._due_ns = 0
        self._starved = 0

    @property
    def delay_ns(self) -> int:
        """Age that an observation has when its chunk arrives, 95th percentile [ns].

        The first one contains a cold start and counts only until there is another.
        """
        delay_ms = self._delays.percentile_ms(95)
        if delay_ms is None:
            return self._first_delay_ns or 0
        return round(delay_ms * 1e6)

    def is_due(self, now_ns: int) -> bool:
        """Whether the next inference should start now; never while one is running."""
        return self._observed_ns is None and (self.chunk is None or now_ns >= self._due_ns)

    def begin(self, observed_ns: int) -> None:
        """Note that an inference on the observation of a time has started."""
        self._observed_ns = observed_ns

    def committed(self, observed_ns: int) -> CommittedPlan | None:
        """Return what the arm does while the policy thinks; None in other modes than `rtc`.

        Also None from standing: with nothing to continue, a chunk begins afresh.
        """
        if self._schedule.mode != 'rtc' or self.chunk is None:
            return None
        rest = rest_of(self.chunk, observed_ns)
        delay_steps = -(-self.delay_ns // self._period_ns)
        return CommittedPlan(rest, delay_steps) if len(rest) else None

    def finish(self, chunk: ActionChunk | None, now_ns: int) -> ActionChunk | None:
        """Take the answer of the running inference, or None when it failed.

        Returns:
            The chunk as it is to be played, None when there is none.
        """
        observed_ns, self._observed_ns = self._observed_ns, None
        if chunk is None or observed_ns is None:
            return None
        self._learn(now_ns - observed_ns)
        self._starved = self.starved_periods(now_ns)
        stood_ns = max(0, now_ns - max(observed_ns, self._covered_until_ns))
        chunk = replace(chunk, stamp_ns=chunk.stamp_ns + stood_ns)
        if self._schedule.mode == 'sync':
            chunk = replace(chunk, positions=chunk.positions[: self._schedule.execute_steps])
        self._use(chunk)
        return chunk

    def steps_left(self, now_ns: int) -> int:
        """Return how many steps of the chunk in use are still to be played."""
        return max(0, -(-(self._covered_until_ns - now_ns) // self._period_ns))

    def starved_periods(self, now_ns: int) -> int:
        """Return how many control periods since the first chunk had no step left."""
        if self.chunk is None:
            return 0
        late_ns = max(0, now_ns - self._covered_until_ns)
        return self._starved + -(-late_ns // self._period_ns)

    def _learn(self, delay_ns: int) -> None:
        if self._first_delay_ns is None:
            self._first_delay_ns = delay_ns
        else:
            self._delays.add(delay_ns)

    def _use(self, chunk: ActionChunk) -> None:
        self.chunk = chunk
        lasts_ns = min(len(chunk.positions) * chunk.period_ns, self._usable_ns)
        self._covered_until_ns = chunk.stamp_ns + lasts_ns
        self._due_ns = self._covered_until_ns
        if self._schedule.mode != 'sync':
            # One step more than the delay: an inference waits for the next image to start.
            lead_ns = self.delay_ns + self._period_ns
            played_ns = self._schedule.execute_steps * chunk.period_ns
            self._due_ns = min(chunk.stamp_ns + played_ns, self._covered_until_ns - lead_ns)
