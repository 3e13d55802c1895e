"""World and filter for who decides step by step, as a loop around `select_action` does."""

from typing import Any

from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import FilterConfig
from vla_contract.errors import SimError
from vla_contract.filter_status import Verdict
from vla_contract.joints.target_stream import TargetStream
from vla_contract.values import Observation, to_ns, Vector
from vla_policy_server.serving.observation_buffer import ObservationBuffer
from vla_rollout.episodes.episode_loop import Situation
from vla_rollout.episodes.in_process.camera_frames import CameraFrames
from vla_rollout.episodes.in_process.unfiltered import Unfiltered
from vla_sim_bridge.scene.world import World


class SteppedLoop:
    """Runs the cores of the ROS graph for one period of the policy per target, in simulated time.

    The same seed gives the same scene as in a `ClosedLoop`. What differs is what a loop around
    single actions cannot have: a target comes with its observation, without the rest of its
    chunk, and is reached one period later.

    Attributes:
        world: where the episodes happen.
        buffer: what was seen.
    """

    def __init__(
        self, world: World, filter_config: FilterConfig | None, speed: float = 1.0
    ) -> None:
        """Wire the cores; a renderer is made only for a policy with cameras.

        Args:
            world: of a deployment.
            filter_config: None for no filter at all.
            speed: share of the velocity limits that the arm has.

        Raises:
            VlaError: the filter cannot be built for this robot.
        """
        deployment = world.deployment
        self.world = world
        has_cameras = bool(deployment.policy.cameras)
        self.buffer = ObservationBuffer(deployment, has_cameras, extras=())
        self._frames = CameraFrames(world, self, has_cameras, is_blank=False)
        self._frame_ns = to_ns(1.0 / max(camera.rate_hz for camera in world.cell.cameras))
        self._filter_config, self._speed = filter_config, speed
        self._filter = self._make_filter()
        self._rate_hz = deployment.policy.rate_hz
        self._stream = TargetStream(world.cell, 0.0, 1.0 / self._rate_hz)
        self._looks_ns = self._start_ns = self._taken = 0
        self.refusal = ''

    def reset(self, seed: int) -> dict[str, Any]:
        """Begin an episode, and let the arm stand until everything is seen; return its manifest.

        Raises:
            SimError: that did not happen within the time limit of the task.
        """
        world = self.world
        manifest = world.reset(seed)
        self.buffer.clear(world.time_ns)
        self.buffer.instruction = manifest['instruction']
        self._filter = self._make_filter()
        self._stream.restart(world.command)
        self._frames.restart(None)
        self.refusal, self._looks_ns = '', world.time_ns
        end_ns = world.time_ns + to_ns(world.deployment.task.time_limit_s)
        self._see()
        while isinstance(self.buffer.observe(world.time_ns), str):
            if world.time_ns >= end_ns:
                self.observe()
            self._looks_ns = world.time_ns + self._filter.period_ns
            self._cycle()
        self._start_ns, self._taken = world.time_ns, 0
        return manifest

    def observe(self) -> Observation:
        """Return what the policy sees now.

        Raises:
            SimError: it does not see everything; says what is missing.
        """
        seen = self.buffer.observe(self.world.time_ns)
        if isinstance(seen, str):
            raise SimError(f'the policy cannot be asked: {seen}')
        return seen

    def step(self, target: Vector) -> Situation:
        """Let the arm go to a target for one period, or until the episode is over.

        Args:
            target: finite, shape (D,) [rad or m].
        """
        world = self.world
        if self.refusal:
            self._stream.restart(world.command)
        chunk = self._stream.chunk(target, world.time_ns)
        self.refusal = self._filter.offer_chunk(chunk, world.time_ns) if chunk else ''
        # On a grid: a period need not be a whole number of cycles.
        self._taken += 1
        self._looks_ns = self._start_ns + to_ns(self._taken / self._rate_hz)
        while True:
            situation = self._cycle()
            is_over = situation.success or situation.failure or situation.stop_cause
            if is_over or world.time_ns >= self._looks_ns:
                return situation

    def wants_images(self, now_ns: int) -> bool:
        """Whether an image that is delivered now may be the newest when the policy looks."""
        return now_ns > self._looks_ns - 2 * self._frame_ns

    def _cycle(self) -> Situation:
        """Run one cycle of the filter, and see what has become of it."""
        world, action_filter = self.world, self._filter
        result = action_filter.step(world.time_ns)
        command = world.command if result.command is None else result.command
        world.step(command, action_filter.period_ns)
        self._see()
        stop_cause = result.reason if result.verdict >= Verdict.STOP else ''
        return Situation(world.time_ns, world.success, world.failure, stop_cause)

    def _see(self) -> None:
        now_ns, sample = self.world.time_ns, self.world.joint_sample()
        self.buffer.add_joints(sample)
        self._filter.offer_joints(sample)
        self._frames.capture(now_ns)
        self._frames.deliver(now_ns)

    def _make_filter(self) -> ActionFilter | Unfiltered:
        if self._filter_config is None:
            return Unfiltered(self.world.cell)
        action_filter = ActionFilter(self.world.cell, self._filter_config)
        action_filter.set_speed_scale(self._speed)
        return action_filter
