"""When to infer, when a chunk counts, and when its steps ran out. Pure: no clock, no thread."""

from dataclasses import dataclass, replace

from vla_contract.values import ActionChunk
from vla_policy_server.serving.latency import LatencyWindow

MODES = ('sync', 'async', 'rtc')

# A chunk that is joined in motion is asked for more often than it is played to its end, and each
# time from one step ahead of the arm: a policy that goes on from where it sees the arm is then
# faster than it means, 1.6 times with two steps.
LEAST_STEPS = 4
# A minute of chunks: long enough for a 95th percentile, short enough to forget a bad spell.
_DELAYS = 60


@dataclass(frozen=True)
class Schedule:
    """How inferences follow each other.

    Attributes:
        mode: `sync` stops, thinks, plays, as a loop around `select_action` does; `async` thinks
            while the arm moves; `rtc` also tells the policy what the arm does meanwhile.
        execute_steps: steps of a chunk after which the next inference starts. In `async` and
            `rtc` it starts sooner when the steps left would not last until its answer. After a
            chunk of up to three steps, or one that is over before its answer comes, it starts
            when the arm is at the chunk's end.
    """

    mode: str = 'async'
    execute_steps: int = 4


class ChunkScheduler:
    """Keeps the chunk in use and knows when the next inference is due.

    Chunks are played by time: steps that became stale while the policy thought are skipped, so
    latency never becomes drift. Only the time for which the arm stood, because it had no step
    left, does not count: from standing, a chunk starts with its first step and not in mid-motion.

    A chunk that is over before the next could come is played to its end before the next question.
    Asked sooner, a policy that goes on from where it sees the arm gives the same move twice.

    Attributes:
        chunk: the chunk in use, None without one.
        rests_ns: time at which the command has come to the end of that chunk [ns].
        plays_to_its_end: whether the next observation has to show the arm there.
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
        self.rests_ns = 0
        self.plays_to_its_end = False
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

    def finish(
        self, chunk: ActionChunk | None, now_ns: int, starts_as_seen: bool = False
    ) -> ActionChunk | None:
        """Take the answer of the running inference, or None when it failed.

        Args:
            chunk: the answer.
            now_ns: time of its arrival [ns].
            starts_as_seen: whether its first point is where the arm was seen, and so no move.

        Returns:
            The chunk as it is to be played, None when there is none.
        """
        observed_ns, self._observed_ns = self._observed_ns, None
        if chunk is None or observed_ns is None:
            return None
        self._learn(now_ns - observed_ns)
        self._starved = self.starved_periods(now_ns)
        if self._schedule.mode == 'sync':
            count = self._schedule.execute_steps + starts_as_seen
            chunk = replace(chunk, positions=chunk.positions[:count])
        is_lone = len(chunk.positions) == 1
        # A first move is made one period after its observation, or at once when it comes later.
        made_ns = chunk.period_ns if is_lone or starts_as_seen else 0
        late_ns = max(0, self._stood_ns(observed_ns, now_ns) - made_ns)
        chunk = replace(chunk, stamp_ns=chunk.stamp_ns + late_ns)
        steps = max(1, len(chunk.positions) - starts_as_seen)
        self._use(chunk, observed_ns + steps * chunk.period_ns, now_ns)
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

    def _stood_ns(self, observed_ns: int, now_ns: int) -> int:
        """Return for how long the arm has stood since it was observed [ns].

        Observed at rest, it has stood since. Observed in motion, it counts as standing when the
        last step's own period is over, so that a chunk that is a little late catches up.
        """
        if observed_ns >= self.rests_ns:
            return now_ns - observed_ns
        return max(0, now_ns - max(observed_ns, self._covered_until_ns))

    def _use(self, chunk: ActionChunk, played_ns: int, now_ns: int) -> None:
        """Play a chunk, whose steps would be over at a time if none were late [ns]."""
        self.chunk = chunk
        period_ns = chunk.period_ns
        lasts_ns = min(len(chunk.positions) * period_ns, self._usable_ns)
        self._covered_until_ns = chunk.stamp_ns + lasts_ns
        # The filter takes half a period for a lone step that comes late.
        self.rests_ns = max(chunk.end_ns, now_ns + period_ns // 2)
        left_ns = chunk.end_ns - chunk.stamp_ns - self.delay_ns
        self.plays_to_its_end = (
            self._schedule.mode == 'sync'
            or len(chunk.positions) < LEAST_STEPS
            or left_ns < period_ns // 4
        )
        if self.plays_to_its_end:
            self._due_ns = max(played_ns, self.rests_ns)
            return
        # One step more than the delay: an inference waits for the next image to start.
        lead_ns = self.delay_ns + period_ns
        executed_ns = self._schedule.execute_steps * period_ns
        self._due_ns = min(chunk.stamp_ns + executed_ns, self._covered_until_ns - lead_ns)
