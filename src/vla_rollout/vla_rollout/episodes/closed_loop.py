"""World, policy session and filter in one process: the graph without DDS, deterministic."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import FilterConfig
from vla_action_filter.verdict import FilterResult
from vla_contract.policy import CUBE_POSE, Policy
from vla_contract.values import ActionChunk, Image, JointSample, Observation, to_ns
from vla_policy_server.serving.chunk_scheduler import Schedule
from vla_policy_server.serving.session import infer_checked, PolicySession
from vla_rollout.episodes.cycle import Cycle, CycleObserver
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.episodes.filter_watch import FilterWatch
from vla_rollout.episodes.unfiltered import Unfiltered
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.scene.world import World

FrameHook = Callable[[dict[str, Image]], None]


@dataclass
class _Frame:
    """Images on their way from the camera to the policy."""

    due_ns: int
    stamp_ns: int
    images: dict[str, Image]


@dataclass
class _Pending:
    """A chunk on its way from the policy to the filter."""

    due_ns: int
    observation: Observation
    answer: ActionChunk | str


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
    ) -> None:
        """Wire the cores; a renderer is made only for a policy that needs images.

        Without a filter config the policy's plan goes to the world as it is; with one the arm has
        a share `speed` of its velocity limits. Observers are told of every cycle and of every
        chunk that the filter took.

        Raises:
            VlaError: the filter cannot be built for this robot.
        """
        cell = world.cell
        self.world = world
        self._policy = policy
        self._session = PolicySession(world.deployment, policy, Schedule(mode, execute_steps))
        self._filter_config, self._speed = filter_config, speed
        self._latency_ns = to_ns(latency_s)
        self._blank_images = blank_images
        self.frame_hz = max(camera.rate_hz for camera in cell.cameras)
        self._frame_ns = to_ns(1.0 / self.frame_hz)
        self._renderer: CameraRenderer | None = None
        self._late_frames: deque[_Frame] = deque()
        self._watch = FilterWatch(cell)
        self._observers = (self._watch, *observers)
        # Every episode has its own; a wrong name in the workspace is told before the first.
        self._make_filter()

    def run(
        self,
        seed: int,
        on_frame: FrameHook | None = None,
        replay: dict[str, Any] | None = None,
    ) -> EpisodeResult:
        """Run one episode to success, to a failure for good or to the task's time limit.

        Args:
            seed: seed of the world's reset.
            on_frame: called with the images of every camera frame, for a video.
            replay: manifest to replay instead of a new episode, as `World.reset` takes it.
        """
        world, session = self.world, self._session
        manifest = world.reset(seed, replay)
        session.buffer.instruction = manifest['instruction']
        action_filter = self._make_filter()
        for observer in self._observers:
            observer.restart()
        start_ns = next_frame_ns = world.time_ns
        session.restart(start_ns)
        self._policy.reset()
        failed_before, refusal = session.counts['failed_inferences'], ''
        pending: _Pending | None = None
        self._late_frames.clear()
        end_ns = start_ns + to_ns(world.deployment.task.time_limit_s)
        while world.time_ns < end_ns and not (world.success or world.failure):
            now_ns = world.time_ns
            sample = world.joint_sample()
            session.buffer.add_joints(sample)
            action_filter.offer_joints(sample)
            if now_ns >= next_frame_ns:
                next_frame_ns += self._frame_ns
                self._capture(now_ns, on_frame)
            if self._deliver(now_ns):
                pending = self._infer(now_ns) or pending
            if pending is not None and now_ns >= pending.due_ns:
                chunk = session.finish(pending.observation, pending.answer, now_ns)
                if chunk is not None:
                    reason = action_filter.offer_chunk(chunk, now_ns)
                    refusal = reason or refusal
                    if not reason:
                        self._see_chunk(chunk, action_filter)
                pending = None
            result = action_filter.step(now_ns)
            session.see_plan(action_filter.progress)
            self._see_cycle(now_ns, sample, result)
            command = result.command
            period_ns = action_filter.period_ns
            world.step(world.command if command is None else command, period_ns)
        success = world.success
        counters = dict(action_filter.counters)
        failed = session.counts['failed_inferences'] - failed_before
        latency_ms = self._latency_ns / 1e6 if counters.get('chunks') else None
        return EpisodeResult(
            seed=manifest['seed'],
            success=success,
            termination='success' if success else world.failure or 'timeout',
            duration_s=(world.time_ns - start_ns) / 1e9,
            interventions=counters.get('interventions', 0),
            chunks=counters.get('chunks', 0),
            chunk_latency_p50_ms=latency_ms,
            chunk_latency_p95_ms=latency_ms,
            filter_counters=counters,
            added_lag_ms=self._watch.lag.lag_ms,
            added_lag_with_starts_ms=self._watch.lag_with_starts.lag_ms,
            stopped_cycles=self._watch.stopped_cycles,
            starved_periods=session.scheduler.starved_periods(world.time_ns),
            seams=session.seams.values(),
            manifest=manifest,
            simulator_success=success,
            failed_inferences=failed,
            inference_failure=session.last_failure if failed else '',
            chunk_refusal=refusal,
        )

    def _see_chunk(self, chunk: ActionChunk, action_filter: ActionFilter | Unfiltered) -> None:
        if action_filter.progress is None:
            return
        played = replace(chunk, stamp_ns=action_filter.progress.chunk.plan_ns)
        for observer in self._observers:
            observer.see_chunk(played)

    def _see_cycle(self, now_ns: int, joints: JointSample, result: FilterResult) -> None:
        cycle = Cycle(
            now_ns, result.desired, result.command, joints, result.verdict, result.reason
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

    def _capture(self, now_ns: int, on_frame: FrameHook | None) -> None:
        """Render when somebody looks: the policy at its next inference, or the video."""
        session, world = self._session, self.world
        session.buffer.add_extra(CUBE_POSE, now_ns, world.cube_pose())
        wanted = self._policy.needs_images and session.is_due(now_ns)
        latency_ns = world.appearance.vision_latency_ns(now_ns)
        frame = _Frame(now_ns + latency_ns, now_ns, {})
        self._late_frames.append(frame)
        if not wanted and on_frame is None:
            return
        self._renderer = self._renderer or CameraRenderer(world)
        images = self._renderer.render(world.data.qpos)
        if on_frame is not None:
            on_frame(images)
        for name, image in images.items():
            frame.images[name] = np.zeros_like(image) if self._blank_images else image

    def _deliver(self, now_ns: int) -> bool:
        """Hand over the frames whose latency is over; their stamp stays that of capture."""
        is_new = False
        while self._late_frames and self._late_frames[0].due_ns <= now_ns:
            frame = self._late_frames.popleft()
            for name, image in frame.images.items():
                self._session.buffer.add_image(name, frame.stamp_ns, image)
            is_new = True
        return is_new

    def _infer(self, now_ns: int) -> _Pending | None:
        observation = self._session.begin(now_ns)
        if observation is None:
            return None
        answer = infer_checked(self._policy, observation)
        return _Pending(now_ns + self._latency_ns, observation, answer)
