"""No filter at all: the plan as it comes, to see what the filter costs and what it prevents."""

from collections import Counter

from vla_action_filter.plan.chunk_player import ChunkPlayer
from vla_action_filter.verdict import Desired, FilterResult, State
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import PlanProgress, Reason, ReasonCode, TakenChunk, Verdict
from vla_contract.values import ActionChunk, JointSample, to_ns


class Unfiltered:
    """Plays chunks by time and limits nothing; for simulations, never for a robot."""

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot."""
        self.period_ns = to_ns(1.0 / cell.rates.filter_hz)
        self.counters: Counter[str] = Counter()
        self._player = ChunkPlayer(cell.grippers)
        self._now_ns = 0
        self._joints: JointSample | None = None

    @property
    def progress(self) -> PlanProgress | None:
        """Where in the newest chunk the plan is, None without one."""
        chunk = self._player.chunk
        if chunk is None:
            return None
        taken = TakenChunk(chunk.stamp_ns, chunk.stamp_ns)
        return PlanProgress(taken, self._now_ns, self._now_ns, 1.0)

    def offer_joints(self, sample: JointSample) -> None:
        """Take a measurement, to stand at until the first chunk comes."""
        self._joints = self._joints or sample

    def offer_chunk(self, chunk: ActionChunk, now_ns: int) -> str:
        """Take a chunk unless it is older than the one in use."""
        taken = self._player.offer(chunk)
        self.counters['chunks' if taken else 'rejected_chunks'] += 1
        return '' if taken else 'chunk is older than the one in use'

    def step(self, now_ns: int) -> FilterResult:
        """Return the plan's position at a time."""
        self._now_ns = now_ns
        sampled = self._player.sample(now_ns)
        if sampled is not None:
            desired = Desired(*sampled, now_ns)
            return FilterResult(desired.position, Verdict.PASS, (), State.ACTIVE, desired=desired)
        start = self._joints.position if self._joints else None
        reason = Reason('no chunk', ReasonCode.NO_CHUNK)
        return FilterResult(start, Verdict.HOLD, (reason,), State.ARMED)
