"""A simulated robot at a task: reset with a seed, step, observe, judge. No ROS, no clock."""

from collections.abc import Callable
from functools import lru_cache

import mujoco
import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import Image, JointSample, Observation, to_ns, Vector
from vla_sim_bridge.cameras.placed_camera import place_cameras
from vla_sim_bridge.physics.drive import Drive
from vla_sim_bridge.physics.motor_effort import motor_effort
from vla_sim_bridge.randomization.appearance import Appearance
from vla_sim_bridge.randomization.motor_path import MotorPath
from vla_sim_bridge.randomization.randomization import (
    NOTHING,
    RandomizationConfig,
    Randomizer,
)
from vla_sim_bridge.randomization.signals import JointReading
from vla_sim_bridge.randomization.term import random_stream
from vla_sim_bridge.scene.episode_manifest import (
    Manifest,
    require_same_world,
    seed_of,
    start_of,
    world_facts,
)
from vla_sim_bridge.scene.fingers import fingers_by_tool
from vla_sim_bridge.scene.lead_in import LeadIn
from vla_sim_bridge.scene.object_settings import movable
from vla_sim_bridge.scene.robot_spec import place_mimics, ROBOT
from vla_sim_bridge.scene.scene import build_model
from vla_sim_bridge.scene.simulated_task import simulated_task
from vla_sim_bridge.tasks.start import Start
from vla_sim_bridge.tasks.task import Task

Render = Callable[[NDArray[np.float64]], dict[str, Image]]


class World:
    """One robot, one task. Time never goes backwards, not even on reset."""

    def __init__(
        self, deployment: Deployment, randomization: RandomizationConfig = NOTHING
    ) -> None:
        """Compile the model; the world stands at rest with the arm at home.

        Args:
            deployment: cell and task to simulate; of its policy only the rate is used.
            randomization: what differs from episode to episode.

        Raises:
            ContractError, SimError, ResourceNotFoundError: as `build_model`.
        """
        self.deployment = deployment
        self.cell = cell = deployment.cell
        self.config = config = simulated_task(deployment.task)
        self.cameras = place_cameras(cell)
        self.model = build_model(deployment, randomization.extras, self.cameras.values())
        self.data = mujoco.MjData(self.model)
        names = [ROBOT + joint.model_joint for joint in cell.joints]
        self._qpos = np.array([self.model.joint(name).qposadr[0] for name in names])
        self._qvel = np.array([self.model.joint(name).dofadr[0] for name in names])
        self._drive = Drive(self.model, cell)
        fingers = fingers_by_tool(self.model, cell)
        self.task = Task(config, self.model, fingers, f'task {deployment.task.name}')
        objects = movable(config.objects)
        self._randomizer = Randomizer(self.model, cell, randomization, objects)
        for name in config.targets or (self.task.target.name,):
            self._randomizer.begin(self.task.groups(name))
        self._facts = world_facts(deployment)
        self._episode = 0
        self._step_ns = to_ns(config.physics_step_s)
        self._steps = 0
        self._owed_ns = 0
        self._command = cell.home
        self.reset(0)

    @property
    def time_ns(self) -> int:
        """Simulated time since construction [ns]."""
        return self._steps * self._step_ns

    @property
    def command(self) -> Vector:
        """The commanded joint position of this instant, shape (D,) [rad or m]."""
        return self._command.copy()

    @property
    def appearance(self) -> Appearance:
        """What cameras see of this episode's randomisation; a copy, safe to keep."""
        return self._appearance

    def reset(self, seed: int, replay: Manifest | None = None) -> Manifest:
        """Start an episode: arm near home, objects and instruction as the task draws them.

        Args:
            seed: the same seed gives the same episode, whatever came before.
            replay: manifest of an earlier episode, whose values are used instead of new ones;
                the seed is then its seed. What moved before its first frame (`lead_in`) moves
                again.

        Returns:
            The manifest: seed, versions and every sampled value with its unit.

        Raises:
            SimError: the manifest to replay is of another robot, cell, task or MuJoCo, or does
                not fit this world; nothing has moved.
        """
        randomizer = self._randomizer
        if replay is None:
            start, lead_in = self._sample_start(seed), LeadIn()
        else:
            require_same_world(replay, self._facts)
            seed, values = seed_of(replay), randomizer.read(replay)
            start = start_of(replay, self._sample_start(0))
            lead_in = LeadIn.of(replay, len(self.cell.joints))
        self.task.begin(start)
        randomizer.begin(self.task.groups(self.task.target.name))
        if replay is None:
            values = randomizer.sample(seed)
        randomizer.apply(values, seed)
        self._episode += 1
        self._place(start)
        self._appearance = Appearance.of(randomizer.stage, self._episode, self.time_ns)
        for position in lead_in.positions:
            self.step(position, lead_in.period_ns)
        return {
            'seed': seed,
            'deployment': self.deployment.name,
            'deployment_sha256': self.deployment.sha256,
            **self._facts,
            'instruction': self.task.instruction,
            'values': start,
            'randomization': {
                'name': randomizer.config.name,
                'sha256': randomizer.config.sha256,
                'difficulty': randomizer.config.difficulty,
                'values': randomizer.describe(values),
            },
            **lead_in.entry(),
        }

    def _sample_start(self, seed: int) -> Start:
        """Draw where objects and arm begin."""
        cell = self.cell
        rng = random_stream(self.task.scene(seed), 'home_jitter')
        jitter = rng.uniform(-1.0, 1.0, len(cell.arm))
        home = cell.home
        home[list(cell.arm)] += self.config.home_jitter_rad * jitter
        start = self.task.sample(seed)
        for i in cell.arm:
            start[f'home.{cell.joints[i].name}'] = {'value': float(home[i]), 'unit': 'rad'}
        return start

    def _place(self, start: Start) -> None:
        """Put objects and arm where the episode begins, at rest."""
        cell, stage = self.cell, self._randomizer.stage
        home = cell.home
        for i in cell.arm:
            home[i] = start[f'home.{cell.joints[i].name}']['value']
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[self._qpos] = home
        place_mimics(self.model, self.data, cell)
        self.task.place(start, self.data.qpos)
        self._command = home
        self._controls = self._drive.controls(home)
        self.data.ctrl[:] = self._controls
        mujoco.mj_forward(self.model, self.data)
        self.task.start_watching(self.data)
        self._owed_ns = 0
        time_limit_s = self.deployment.task.time_limit_s
        self._motors = MotorPath(
            stage.signals,
            self.model,
            stage.arm_actuators,
            self._controls,
            1.0 / self.deployment.policy.rate_hz,
            time_limit_s,
        )
        self._reading = JointReading(
            stage.signals,
            cell.arm,
            len(cell.joints),
            self.time_ns,
            time_limit_s,
        )

    def step(self, target: NDArray[np.float64], duration_ns: int) -> None:
        """Move the commanded position linearly to `target` over `duration_ns`, and simulate.

        Args:
            target: commanded joint position at the end, the cell's order, shape (D,) [rad or m].
            duration_ns: how long to simulate [ns]; what is no whole physics step is owed to the
                next call, so that time keeps up in the mean.
        """
        count, self._owed_ns = divmod(self._owed_ns + duration_ns, self._step_ns)
        model, data = self.model, self.data
        before, after = self._controls, self._drive.controls(target)
        ramp = (after - before) * _shares(count)
        ramp += before
        # Views taken once: a step costs 30 us, and each look through `data` about one.
        control, position, watch, mj_step = data.ctrl, data.qpos, self.task.watch, mujoco.mj_step
        for controls in self._motors.pass_through(ramp):
            control[:] = controls
            mj_step(model, data)
            watch(position, data)
        if count:
            self._command, self._controls = np.array(target), after
        self._steps += count

    def joint_sample(self) -> JointSample:
        """Measure the joints now, as encoders and, where there are any, torque sensors do.

        The cell's robot says whether its servos measure effort.
        """
        position = self._reading.read(self.data.qpos[self._qpos], self.time_ns)
        effort = None
        if self.cell.robot.servo.measures_effort:
            effort = motor_effort(self.model, self.data)[self._qvel]
        return JointSample(self.time_ns, position, self.data.qvel[self._qvel], effort)

    def observe(self, render: Render | None = None) -> Observation:
        """See the world now.

        Args:
            render: makes the images, e.g. `CameraRenderer.render`; without it there are none.
        """
        images = render(self.data.qpos) if render else {}
        state = self.joint_sample().position
        return Observation(self.time_ns, state, images, self.task.instruction, self.extras())

    @property
    def success(self) -> bool:
        """Whether the task is done."""
        return self.task.success

    @property
    def failure(self) -> str:
        """Why the episode has failed for good, as a termination; '' while it may still succeed."""
        return self.task.failure

    @property
    def height_m(self) -> float:
        """How far the origin of the meant object is above its rest [m]."""
        return self.task.target.height_m(self.data.qpos)

    def extras(self) -> dict[str, Vector]:
        """Return what the simulator knows and a camera does not, as `Task.extras`."""
        return self.task.extras(self.data)

    def target_pose(self) -> Vector:
        """Return the meant object's pose in the base frame: position [m] and wxyz, shape (7,)."""
        return self.task.target.pose(self.data)


@lru_cache
def _shares(count: int) -> Vector:
    """Return which share of a ramp each of its steps has done, shape (count, 1)."""
    return np.asarray(np.arange(1, count + 1)[:, None] / max(count, 1))
