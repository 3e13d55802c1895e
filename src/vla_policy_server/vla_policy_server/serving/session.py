"""One policy at work: when to infer, on what, and what came out. No ROS, no threads, no clock."""

from dataclasses import replace

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError, SettingError
from vla_contract.filter_status import PlanProgress
from vla_contract.policy import ContinuingPolicy, earlier_steps, Policy
from vla_contract.values import ActionChunk, Observation, to_ns
from vla_policy_server.serving.chunk_length import known_length, require_steps
from vla_policy_server.serving.chunk_scheduler import ChunkScheduler, Schedule
from vla_policy_server.serving.committed_motion import CommittedMotion
from vla_policy_server.serving.coverage import Coverage, frame_ns
from vla_policy_server.serving.observation_buffer import ObservationBuffer
from vla_policy_server.serving.seam import measure_seam, SeamWindow

# Distance of a joint at which it is where it was sent [rad or m].
_THERE = 0.0005
# Answers after which the delay is that of a policy at work.
_WARM = 3


class PolicySession:
    """Joins observations, schedule and answers of one policy on one robot.

    Attributes:
        misfit: why no chunk of the policy is played and it is asked no more; None while its
            chunks fit the schedule.
    """

    def __init__(self, deployment: Deployment, policy: Policy, schedule: Schedule) -> None:
        """Start a session with an idle policy.

        Raises:
            PolicyError: the mode is rtc and the policy cannot continue a chunk.
            SettingError: the schedule wants more steps than the policy's chunks are known to have.
        """
        if schedule.mode == 'rtc':
            _prepare_to_continue(policy)
        self._name, self._execute_steps = deployment.policy.name, schedule.execute_steps
        if (length := known_length(policy)) is not None:
            require_steps(self._name, self._execute_steps, length)
        self.misfit: SettingError | None = None
        cell = deployment.cell
        self._arm = cell.arm
        self._deadline_ns = to_ns(cell.deadlines.chunk_age_s)
        self._frame_ns = frame_ns(deployment) if policy.needs_images else 0
        self._is_sync = schedule.mode == 'sync'
        self._motion = CommittedMotion(cell.grippers) if schedule.mode == 'rtc' else None
        self._running: Observation | None = None
        self._seen: Observation | None = None
        period_ns = to_ns(1.0 / deployment.policy.rate_hz)
        self.scheduler = ChunkScheduler(schedule, period_ns, self._deadline_ns)
        self.buffer = ObservationBuffer(
            deployment, policy.needs_images, policy.needs_extras, earlier_steps(policy)
        )
        self.seams = SeamWindow()
        self.last_failure = ''
        self.counts = {'chunks': 0, 'failed_inferences': 0}

    @property
    def chunk(self) -> ActionChunk | None:
        """The chunk in use, None without one."""
        return self.scheduler.chunk

    def restart(self, now_ns: int) -> None:
        """Forget the episode; only what is captured from `now_ns` on counts.

        The policy itself is reset by whoever runs it, in the thread that runs it.
        """
        self.buffer.clear(now_ns)
        self.scheduler.restart()
        self.seams.clear()
        self._running = self._seen = None
        if self._motion is not None:
            self._motion.restart()

    @property
    def follows_the_plan(self) -> bool:
        """Whether `see_plan` is wanted: chunks continue what the arm does."""
        return self._motion is not None

    def see_plan(self, progress: PlanProgress | None) -> None:
        """Take what the action filter says it plays, None for nothing."""
        if self._motion is not None:
            self._motion.see(progress)

    def is_due(self, now_ns: int) -> bool:
        """Whether the next inference should start now."""
        return self.misfit is None and self.scheduler.is_due(now_ns)

    def wants_images(self, now_ns: int) -> bool:
        """Whether an image of now may be looked at, in the next inference or as an earlier one."""
        span_ns = self.buffer.span_ns
        is_next = span_ns > 0 and self._running is not None
        return self.is_due(now_ns + span_ns) or (self.misfit is None and is_next)

    def begin(self, now_ns: int) -> Observation | None:
        """Return the observation to infer on when one is due and complete, and mark it running."""
        if not self.is_due(now_ns):
            return None
        observation = self._observe(now_ns)
        if isinstance(observation, str) or self._is_on_its_way(observation):
            return None
        committed = None
        if self._motion is not None:
            committed = self._motion.after(observation.stamp_ns, self.scheduler.delay_ns)
        self._running = replace(observation, committed=committed)
        self.scheduler.begin(observation.stamp_ns)
        return self._running

    def why_waiting(self, now_ns: int) -> str:
        """Return which stream a due inference lacks, '' when none is due or nothing is missing."""
        observation = self._observe(now_ns) if self.is_due(now_ns) else ''
        return observation if isinstance(observation, str) else ''

    @property
    def gap(self) -> str:
        """Why the arm stops between chunks although it need not, '' where it does not.

        A loop that stops to think is meant to, and the first answers contain a cold start.
        """
        if self.chunk is None or self._is_sync or self.counts['chunks'] < _WARM:
            return ''
        steps, period_ns = len(self.chunk.positions), self.chunk.period_ns
        coverage = Coverage(steps, period_ns, self._deadline_ns, self._frame_ns)
        return coverage.gap(self.scheduler.delay_ns)

    def _observe(self, now_ns: int) -> Observation | str:
        observation = self.buffer.observe(now_ns)
        if isinstance(observation, str) or self.chunk is None:
            return observation
        if observation.stamp_ns > self.chunk.stamp_ns:
            return observation
        return 'nothing newer than what the chunk in use was made from'

    def _starts_as_seen(self, chunk: ActionChunk, observation: Observation) -> bool:
        arm = list(self._arm)
        return len(chunk.positions) > 1 and np.array_equal(
            chunk.positions[0][arm], observation.state[arm]
        )

    def _is_on_its_way(self, observation: Observation) -> bool:
        """Whether an observation shows the arm before it has made what it was told to make.

        Where a chunk is played to its end before the next question, a policy that goes on from
        where it sees the arm would else answer with the same move twice. An arm lags, differently
        slowed down or loaded, so it is looked at; one that does not come gets one period more.
        What is missing may cost as much as half a period of waiting, the time of a frame or two.
        """
        chunk, seen, scheduler = self.chunk, self._seen, self.scheduler
        if chunk is None or seen is None or not scheduler.plays_to_its_end:
            return False
        late_ns = observation.stamp_ns - scheduler.rests_ns
        if late_ns < 0 or late_ns >= chunk.period_ns:
            return late_ns < 0
        way, missing = (
            np.abs(chunk.positions[-1] - state)[list(self._arm)].max()
            for state in (seen.state, observation.state)
        )
        share = chunk.period_ns / 2 / (observation.stamp_ns - seen.stamp_ns)
        return bool(missing > _THERE + share * way)

    def _fitting(self, chunk: ActionChunk) -> ActionChunk | str:
        """Return the first chunk, or why none of the policy is long enough.

        Later ones may be shorter, as the last one of a recording that is replayed.
        """
        try:
            require_steps(self._name, self._execute_steps, len(chunk.positions))
        except SettingError as error:
            self.misfit = error
            return str(error)
        return chunk

    def finish(
        self, observation: Observation, result: ActionChunk | str, now_ns: int
    ) -> ActionChunk | None:
        """Take the result of an inference: a chunk, or why there is none.

        Returns:
            The chunk as it is to be played. None when the inference failed, which `last_failure`
            explains, or when the session restarted meanwhile. The first chunk also fails when it
            has fewer steps than are to be played of it: `misfit`.
        """
        if observation is not self._running:
            return None
        self._running = None
        age_ns = now_ns - observation.stamp_ns
        if age_ns > self._deadline_ns:
            limit_s = self._deadline_ns / 1e9
            result = f'answer came {age_ns / 1e9:.2f} s after its image; allowed: {limit_s:g} s'
        if isinstance(result, ActionChunk) and self.counts['chunks'] == 0:
            result = self._fitting(result)
        if isinstance(result, str):
            self.scheduler.finish(None, now_ns)
            self.last_failure = result
            self.counts['failed_inferences'] += 1
            return None
        old = self.chunk
        chunk = self.scheduler.finish(result, now_ns, self._starts_as_seen(result, observation))
        if old is not None and chunk is not None:
            self.seams.add(measure_seam(old, chunk, now_ns, self._arm))
        if self._motion is not None and chunk is not None:
            self._motion.publish(chunk)
        self._seen = observation
        self.counts['chunks'] += 1
        return chunk


def infer_checked(policy: Policy, observation: Observation) -> ActionChunk | str:
    """Run the policy; return its chunk, or why it cannot be used."""
    try:
        return check_chunk(policy.infer(observation), observation)
    except Exception as error:  # noqa: BLE001 - a policy is foreign code; its failure is a result
        return f'policy raised {type(error).__name__}: {error}'


def check_chunk(chunk: ActionChunk, observation: Observation) -> ActionChunk | str:
    """Return a chunk that answers an observation, or why it cannot be used."""
    if not np.isfinite(chunk.positions).all():
        return 'policy returned numbers that are not finite'
    if chunk.positions.shape[1] != len(observation.state):
        return f'policy returned {chunk.positions.shape[1]} joints, not {len(observation.state)}'
    return chunk


def _prepare_to_continue(policy: Policy) -> None:
    if not isinstance(policy, ContinuingPolicy):
        kind = type(policy).__name__
        raise PolicyError(f'mode rtc: {kind} cannot continue a chunk; allowed: sync, async')
    policy.prepare_to_continue()
