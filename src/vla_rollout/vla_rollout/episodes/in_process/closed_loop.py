"""World, policy session and filter in one process: the graph without DDS, deterministic."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import FilterConfig
from vla_action_filter.verdict import FilterResult
from vla_contract.filter_status import Verdict
from vla_contract.policy import Policy
from vla_contract.values import ActionChunk, JointSample, Observation, to_ns
from vla_policy_server.serving.chunk_scheduler import Schedule
from vla_policy_server.serving.latency import LatencyWindow
from vla_policy_server.serving.session import infer_checked, PolicySession
from vla_rollout.episodes.cycle import Cycle, CycleObserver, ImageObserver, RefusalObserver
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.episodes.episode_loop import drive, Ending, Situation
from vla_rollout.episodes.in_process.camera_frames import CameraFrames, FrameHook
from vla_rollout.episodes.in_process.filter_watch import FilterWatch
from vla_rollout.episodes.in_process.unfiltered import Unfiltered
from vla_sim_bridge.scene.world import World

# More than an episode has.
_CHUNKS = 10_000


@dataclass
class _Pending:
    """A chunk on its way from the policy to the filter."""

    due_ns: int
    observation: Observation
    answer: ActionChunk | str


class Person(Protocol):
    """Somebody at a teleoperation device."""

    def restart(self) -> None:
        """Begin an episode."""

    def act(self, now_ns: int, joints: JointSample, action_filter: ActionFilter) -> None:
        """Take over, want something, or hand back; called before every step of the filter."""


class ClosedLoop:
    """Runs episodes with the same cores as the ROS graph, in simulated time.

    Inference takes `latency_s` of simulated time whatever it takes on the clock, so that results
    depend on seeds alone; the world keeps moving meanwhile, as a real robot does.

    Attributes:
        world: where the episodes happen.
        frame_hz: rate of the frames that `run` hands on [Hz].
    """

    def __init__(
        self,
        world: World,
        policy: Policy,
        filter_config: FilterConfig | None,
        execute_steps: int,
        latency_s: float,
        blank_images: bool = False,
        mode: str = 'async',
        observers: Sequence[CycleObserver] = (),
        speed: float = 1.0,
        person: Person | None = None,
    ) -> None:
        """Wire the cores; a renderer is made only for a policy that needs images.

        Without a filter config the policy's plan goes to the world as it is; with one the arm has
        a share `speed` of its velocity limits, and a person may take over. Observers are told of
        every cycle, of every chunk that the filter took and, if they want, of every image that the
        policy looks at.

        Raises:
            VlaError: the filter cannot be built for this robot, or the policy's chunks are known
                to have fewer steps than are to be played of them.
        """
        cell = world.cell
        self.world = world
        self._policy = policy
        self._session = PolicySession(world.deployment, policy, Schedule(mode, execute_steps))
        self._filter_config, self._speed = filter_config, speed
        self._latency_ns = to_ns(latency_s)
        self.frame_hz = max(camera.rate_hz for camera in cell.cameras)
        self._frames = CameraFrames(
            world,
            self._session,
            policy.needs_images,
            blank_images,
            [observer for observer in observers if isinstance(observer, ImageObserver)],
        )
        self._person = person
        self._watch = FilterWatch(cell)
        self._observers = (self._watch, *observers)
        # Every episode has its own; a wrong name in the workspace is told before the first.
        self._filter = self._make_filter()
        self._pending: _Pending | None = None
        self._refusal = ''
        self._ages = LatencyWindow(_CHUNKS)

    def run(
        self,
        seed: int,
        on_frame: FrameHook | None = None,
        replay: dict[str, Any] | None = None,
    ) -> EpisodeResult:
        """Run one episode to success, a failure for good, a latched stop or the time limit.

        Args:
            seed: seed of the world's reset.
            on_frame: called with the images of every camera frame, for a video.
            replay: manifest to replay instead of a new episode, as `World.reset` takes it.

        Raises:
            SettingError: the first chunk has fewer steps than are to be played of it.
        """
        world, session = self.world, self._session
        manifest = world.reset(seed, replay)
        session.buffer.instruction = manifest['instruction']
        self._filter = self._make_filter()
        for observer in self._observers:
            observer.restart()
        start_ns = world.time_ns
        session.restart(start_ns)
        self._policy.reset()
        self._frames.restart(on_frame)
        if self._person is not None:
            self._person.restart()
        self._pending, self._refusal = None, ''
        self._ages.clear()
        failed_before = session.counts['failed_inferences']
        ending = drive(self, start_ns + to_ns(world.deployment.task.time_limit_s))
        failed = session.counts['failed_inferences'] - failed_before
        return self._result(manifest, ending, start_ns, failed)

    def close(self) -> None:
        """End what the policy holds open, such as the connection to a server."""
        close = getattr(self._policy, 'close', None)
        if close is not None:
            close()

    def advance(self) -> Situation:
        """Run one cycle of the filter, and all that happens in it."""
        world, session, action_filter = self.world, self._session, self._filter
        now_ns = world.time_ns
        sample = world.joint_sample()
        session.buffer.add_joints(sample)
        action_filter.offer_joints(sample)
        self._frames.capture(now_ns)
        if self._frames.deliver(now_ns):
            self._infer(now_ns)
        self._offer_chunk(now_ns)
        if self._person is not None and isinstance(action_filter, ActionFilter):
            self._person.act(now_ns, sample, action_filter)
        result = action_filter.step(now_ns)
        session.see_plan(action_filter.progress)
        self._see_cycle(now_ns, sample, result)
        command = result.command
        world.step(world.command if command is None else command, action_filter.period_ns)
        stop_cause = result.reason if result.verdict >= Verdict.STOP else ''
        return Situation(world.time_ns, world.success, world.failure, stop_cause)

    def _result(
        self, manifest: dict[str, Any], ending: Ending, start_ns: int, failed: int
    ) -> EpisodeResult:
        session, counters = self._session, dict(self._filter.counters)
        success = self.world.success
        had_help = counters.get('human_cycles', 0) > 0
        return EpisodeResult(
            seed=manifest['seed'],
            success=success and not had_help,
            assisted=success and had_help,
            termination=ending.termination,
            stop_cause=ending.stop_cause,
            duration_s=(ending.time_ns - start_ns) / 1e9,
            interventions=counters.get('interventions', 0),
            chunks=counters.get('chunks', 0),
            chunk_latency_p50_ms=self._ages.percentile_ms(50),
            chunk_latency_p95_ms=self._ages.percentile_ms(95),
            filter_counters=counters,
            added_lag_ms=self._watch.lag.lag_ms,
            added_lag_with_starts_ms=self._watch.lag_with_starts.lag_ms,
            stopped_cycles=self._watch.stopped_cycles,
            starved_periods=session.scheduler.starved_periods(ending.time_ns),
            seams=session.seams.values(),
            manifest=manifest,
            simulator_success=success,
            failed_inferences=failed,
            inference_failure=session.last_failure if failed else '',
            chunk_refusal=self._refusal,
        )

    def _infer(self, now_ns: int) -> None:
        observation = self._session.begin(now_ns)
        if observation is not None:
            answer = infer_checked(self._policy, observation)
            self._pending = _Pending(now_ns + self._latency_ns, observation, answer)

    def _offer_chunk(self, now_ns: int) -> None:
        """Give the filter the chunk whose inference is over."""
        pending = self._pending
        if pending is None or now_ns < pending.due_ns:
            return
        self._pending = None
        chunk = self._session.finish(pending.observation, pending.answer, now_ns)
        if self._session.misfit is not None:
            raise self._session.misfit
        if chunk is None:
            return
        self._ages.add(now_ns - pending.observation.stamp_ns)
        refusal = self._filter.offer_chunk(chunk, now_ns)
        self._refusal = refusal or self._refusal
        progress = self._filter.progress
        if refusal:
            for observer in self._observers:
                if isinstance(observer, RefusalObserver):
                    observer.see_refused(chunk)
        if refusal or progress is None:
            return
        played = replace(chunk, stamp_ns=progress.chunk.plan_ns)
        for observer in self._observers:
            observer.see_chunk(played)

    def _see_cycle(self, now_ns: int, joints: JointSample, result: FilterResult) -> None:
        cycle = Cycle(
            now_ns,
            result.desired,
            result.command,
            joints,
            result.verdict,
            result.reason,
            result.human,
        )
        for observer in self._observers:
            observer.see_cycle(cycle)

    def _make_filter(self) -> ActionFilter | Unfiltered:
        cell = self.world.cell
        if self._filter_config is None:
            return Unfiltered(cell)
        action_filter = ActionFilter(cell, self._filter_config)
        action_filter.set_speed_scale(self._speed)
        return action_filter
