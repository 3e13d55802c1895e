"""Where inference happens for a worker: in this process, for as many robots as are connected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
import time
from typing import Protocol

from vla_contract.policy import BatchPolicy, earlier_steps, Policy
from vla_contract.values import ActionChunk, Observation
from vla_policy_server.serving.session import check_chunk, infer_checked
from vla_policy_server.worker.batching import BatchQueue, Timed
from vla_policy_server.worker.policy_pool import PolicyPool

MAX_POLICIES = 4
"""Copies of a policy with a memory: each takes the memory of the whole network."""
_TOO_LATE = 'the deadline passed before the turn of this observation came'


@dataclass(frozen=True)
class Job:
    """One observation to answer.

    Attributes:
        observation: what a robot sees.
        starts_episode: whether the policy forgets the episode before it.
        deadline_ns: reading of the monotonic clock after which no one waits for the answer [ns].
    """

    observation: Observation
    starts_episode: bool
    deadline_ns: int


class Seat(Protocol):
    """One robot's place at an engine."""

    async def infer(self, job: Job) -> Timed:
        """Return the chunk of a job, or the reason why there is none, and what it took."""
        ...

    def leave(self) -> None:
        """Give back what is held for this robot."""
        ...


class Engine(Protocol):
    """Answers many robots.

    Attributes:
        needs_images: whether observations must carry every camera of the policy.
        needs_extras: names of privileged values that observations must carry.
        earlier_steps: how many earlier observations they must carry.
        takes_instruction: whether the policy is told the task, None where that is not known.
        can_continue: whether the policy continues what an observation says is being played.
        most_robots: how many it can serve at a time, None for as many as there are.
    """

    needs_images: bool
    needs_extras: tuple[str, ...]
    earlier_steps: int
    takes_instruction: bool | None
    can_continue: bool
    most_robots: int | None

    async def take_seat(self) -> Seat:
        """Make place for one more robot."""
        ...

    def close(self) -> None:
        """End what runs for the engine."""
        ...


class LocalEngine:
    """Runs policies of this process, one inference at a time.

    A policy that remembers nothing serves all robots and answers them in batches. Of any other,
    each robot has its own, loaded with its first question when no one left one behind.
    """

    def __init__(
        self, load: Callable[[], Policy], max_batch: int, max_policies: int = MAX_POLICIES
    ) -> None:
        """Load the first policy.

        Args:
            load: returns one more policy of the same kind.
            max_batch: observations in one inference, at most.
            max_policies: copies in memory, at most, of a policy that robots cannot share.

        Raises:
            PolicyError: the policy cannot be loaded.
        """
        first = load()
        self.needs_images = first.needs_images
        self.needs_extras = first.needs_extras
        self.earlier_steps = earlier_steps(first)
        self.takes_instruction = getattr(first, 'takes_instruction', None)
        self.can_continue = getattr(first, 'can_continue', False)
        work = _answer_each
        self._shared = first if isinstance(first, BatchPolicy) else None
        if self._shared is not None:
            work = partial(_answer_together, self._shared)
        self._pool = PolicyPool(first, load, max_policies)
        self.most_robots = None if self._shared is not None else max_policies
        self._queue = BatchQueue(work, max_batch)

    async def take_seat(self) -> Seat:
        """Return a seat with a policy of its own, or with the shared one."""
        if self._shared is not None:
            return _SharedSeat(self._queue, self._shared)
        return _OwnSeat(self._queue, self._pool)

    def close(self) -> None:
        """End the inference thread."""
        self._queue.close()


class _SharedSeat:
    def __init__(self, queue: BatchQueue, policy: Policy) -> None:
        self._queue, self._policy = queue, policy

    async def infer(self, job: Job) -> Timed:
        return await self._queue.submit((self._policy, job))

    def leave(self) -> None:
        pass


class _OwnSeat:
    """Takes a policy with the first job, so that a robot is greeted before one is loaded."""

    def __init__(self, queue: BatchQueue, pool: PolicyPool) -> None:
        self._queue, self._pool = queue, pool
        self._policy: Policy | None = None

    async def infer(self, job: Job) -> Timed:
        if self._policy is None:
            self._policy = await self._pool.lend()
            job = replace(job, starts_episode=True)  # another robot may have had it
        return await self._queue.submit((self._policy, job))

    def leave(self) -> None:
        # A job of this robot may still run: those of the next one come after it, in one thread.
        policy, self._policy = self._policy, None
        if policy is not None:
            self._pool.take_back(policy)


def _answer_each(work: Sequence[tuple[Policy, Job]]) -> list[ActionChunk | str]:
    """Answer each job with its own policy."""
    answers: list[ActionChunk | str] = []
    for policy, job in work:
        if job.starts_episode:
            policy.reset()
        answers.append(_TOO_LATE if _is_late(job) else infer_checked(policy, job.observation))
    return answers


def _answer_together(
    policy: BatchPolicy, work: Sequence[tuple[Policy, Job]]
) -> list[ActionChunk | str]:
    """Answer the jobs that are not late with one call of a shared policy."""
    in_time = [i for i, (_, job) in enumerate(work) if not _is_late(job)]
    answers: list[ActionChunk | str] = [_TOO_LATE] * len(work)
    chunks = infer_together(policy, [work[i][1].observation for i in in_time])
    for i, chunk in zip(in_time, chunks, strict=True):
        answers[i] = chunk
    return answers


def _is_late(job: Job) -> bool:
    return job.deadline_ns < time.monotonic_ns()


def infer_together(
    policy: BatchPolicy, observations: Sequence[Observation]
) -> list[ActionChunk | str]:
    """Return each observation's chunk or the reason why there is none.

    When the batch fails, each is tried alone: one robot's observation is not another's problem.
    """
    if len(observations) > 1:
        try:
            chunks = policy.infer_batch(observations)
            return [check_chunk(c, o) for c, o in zip(chunks, observations, strict=True)]
        except Exception:  # noqa: BLE001 - a policy is foreign code; alone, it says what is wrong
            pass
    return [infer_checked(policy, observation) for observation in observations]
