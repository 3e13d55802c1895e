"""A simulated robot at a task: reset with a seed, step, observe, judge. No ROS, no clock."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray
from vla_contract.contract import RobotContract
from vla_contract.errors import SimError
from vla_contract.policy import CUBE_POSE
from vla_contract.values import Image, JointSample, Observation, to_ns, Vector
from vla_sim_bridge.placed_camera import place_cameras
from vla_sim_bridge.randomization.appearance import Appearance
from vla_sim_bridge.randomization.randomization import (
    NOTHING,
    RandomizationConfig,
    Randomizer,
    values_of_manifest,
)
from vla_sim_bridge.randomization.signals import ControlDelay, JointReading
from vla_sim_bridge.randomization.term import random_stream
from vla_sim_bridge.scene import build_model, CUBE, ROBOT
from vla_sim_bridge.world_config import WorldConfig

Render = Callable[[NDArray[np.float64]], dict[str, Image]]


class World:
    """One robot, one task. Time never goes backwards, not even on reset."""

    def __init__(
        self,
        contract: RobotContract,
        config: WorldConfig,
        randomization: RandomizationConfig = NOTHING,
    ) -> None:
        """Compile the model; the world stands at rest with the arm at home.

        Raises:
            SimError, NameMismatchError, ResourceNotFoundError: as `build_model`.
        """
        self.contract = contract
        self.config = config
        self.cameras = place_cameras(contract, config)
        self.model = build_model(contract, config, randomization.extras, self.cameras.values())
        self.data = mujoco.MjData(self.model)
        names = [ROBOT + joint.model_joint for joint in contract.joints]
        self._qpos = np.array([self.model.joint(name).qposadr[0] for name in names])
        self._qvel = np.array([self.model.joint(name).dofadr[0] for name in names])
        self._drive = _Drive(self.model, contract)
        self._randomizer = Randomizer(self.model, contract, randomization)
        self._episode = 0
        self._cube_qpos = int(self.model.joint(CUBE).qposadr[0])
        self._step_ns = to_ns(config.physics_step_s)
        self._steps = 0
        self._owed_ns = 0
        self._held_steps = 0
        self._command = contract.home
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

    def reset(self, seed: int, replay: dict[str, Any] | None = None) -> dict[str, Any]:
        """Start an episode: arm near home, cube at random in its area with any yaw.

        Args:
            seed: the same seed gives the same episode, whatever came before.
            replay: manifest of an earlier episode, whose values are used instead of new ones;
                the seed is then its seed.

        Returns:
            The manifest: seed, versions and every sampled value with its unit.

        Raises:
            SimError: the manifest to replay does not fit this world.
        """
        if replay is not None:
            seed = int(replay['seed'])
        randomizer = self._randomizer
        values = randomizer.sample(seed) if replay is None else values_of_manifest(replay)
        randomizer.apply(values)
        self._episode += 1
        self._appearance = Appearance.of(randomizer.stage, self._episode)
        placed = self._sample_start(seed) if replay is None else _start_of_manifest(replay)
        self._place(placed)
        return {
            'seed': seed,
            'task': self.config.task,
            'contract_sha256': self.contract.sha256,
            'mujoco': version('mujoco'),
            'values': placed,
            'randomization': {
                'name': randomizer.config.name,
                'sha256': randomizer.config.sha256,
                'difficulty': randomizer.config.difficulty,
                'values': randomizer.describe(values),
            },
        }

    def _sample_start(self, seed: int) -> dict[str, dict[str, Any]]:
        """Draw where cube and arm begin."""
        cube, contract = self.config.cube, self.contract
        jitter = random_stream(seed, 'home_jitter').uniform(-1.0, 1.0, len(contract.arm))
        home = contract.home
        home[list(contract.arm)] += self.config.home_jitter_rad * jitter
        values = {
            'cube_x': (random_stream(seed, 'cube_x').uniform(*cube.x_m), 'm'),
            'cube_y': (random_stream(seed, 'cube_y').uniform(*cube.y_m), 'm'),
            'cube_yaw': (random_stream(seed, 'cube_yaw').uniform(-np.pi, np.pi), 'rad'),
        }
        values |= {f'home.{contract.joints[i].name}': (home[i], 'rad') for i in contract.arm}
        return {key: {'value': float(v), 'unit': unit} for key, (v, unit) in values.items()}

    def _place(self, start: dict[str, dict[str, Any]]) -> None:
        """Put cube and arm where the episode begins, at rest."""
        contract, stage = self.contract, self._randomizer.stage
        home = contract.home
        for i in contract.arm:
            home[i] = start[f'home.{contract.joints[i].name}']['value']
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[self._qpos] = home
        x, y, yaw = (start[key]['value'] for key in ('cube_x', 'cube_y', 'cube_yaw'))
        half = self.model.geom_size[stage.cube_geom, 2]
        table = (
            self.model.geom_pos[stage.table_geom, 2] + self.model.geom_size[stage.table_geom, 2]
        )
        self._rest_m = float(table + half)
        self._lifted_m = self._rest_m + self.config.success_height_m
        pose = [x, y, self._rest_m, np.cos(yaw / 2), 0.0, 0.0, np.sin(yaw / 2)]
        self.data.qpos[self._cube_qpos : self._cube_qpos + 7] = pose
        self._command = home
        self.data.ctrl[:] = self._drive.controls(home)
        mujoco.mj_forward(self.model, self.data)
        self._owed_ns = 0
        self._held_steps = 0
        signals = stage.signals
        delay = round(signals.control_latency_s / self.config.physics_step_s)
        self._delay = ControlDelay(delay, self.data.ctrl.copy())
        self._reading = JointReading(signals, contract.arm, len(contract.joints))

    def step(self, target: NDArray[np.float64], duration_ns: int) -> None:
        """Move the commanded position linearly to `target` over `duration_ns`, and simulate.

        Args:
            target: commanded joint position at the end, contract order, shape (D,) [rad or m].
            duration_ns: how long to simulate [ns]; what is no whole physics step is owed to the
                next call, so that time keeps up in the mean.
        """
        count, self._owed_ns = divmod(self._owed_ns + duration_ns, self._step_ns)
        model, data = self.model, self.data
        before, after = self._drive.controls(self._command), self._drive.controls(target)
        ramp = before + (after - before) * (np.arange(1, count + 1) / max(count, 1))[:, None]
        ramp = self._delay.pass_through(ramp)
        # Views taken once: a step costs 30 us, and each look through `data` about one.
        control, position, height = data.ctrl, data.qpos, self._cube_qpos + 2
        for controls in ramp:
            control[:] = controls
            mujoco.mj_step(model, data)
            self._held_steps = self._held_steps + 1 if position[height] >= self._lifted_m else 0
        if count:
            self._command = np.array(target)
        self._steps += count

    def joint_sample(self) -> JointSample:
        """Measure the joints now, as the encoders of this episode do."""
        position = self._reading.read(self.data.qpos[self._qpos], self.time_ns)
        return JointSample(self.time_ns, position, self.data.qvel[self._qvel])

    def observe(self, render: Render | None = None) -> Observation:
        """See the world now.

        Args:
            render: makes the images, e.g. `CameraRenderer.render`; without it there are none.
        """
        images = render(self.data.qpos) if render else {}
        extras = {CUBE_POSE: self.cube_pose()}
        state = self.joint_sample().position
        return Observation(self.time_ns, state, images, self.config.instruction, extras)

    @property
    def success(self) -> bool:
        """Whether the cube has been held high long enough."""
        held_s = self._held_steps * self.config.physics_step_s
        return held_s >= self.config.success_hold_s

    @property
    def height_m(self) -> float:
        """How far the cube's centre is above its rest [m]."""
        return float(self.data.qpos[self._cube_qpos + 2]) - self._rest_m

    def cube_pose(self) -> Vector:
        """Return the cube's pose in the base frame: position [m] and wxyz, shape (7,)."""
        return np.array(self.data.qpos[self._cube_qpos : self._cube_qpos + 7])


def _start_of_manifest(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    start = manifest.get('values')
    if not isinstance(start, dict) or 'cube_x' not in start:
        raise SimError('manifest without values.cube_x: it is not one of this world')
    return start


class _Drive:
    """Turns joint commands into the controls of every actuator."""

    def __init__(self, model: mujoco.MjModel, contract: RobotContract) -> None:
        self._joints = np.zeros(model.nu, dtype=np.intp)
        self._scale, self._offset = np.ones(model.nu), np.zeros(model.nu)
        for i in contract.arm:
            self._joints[model.actuator(ROBOT + contract.joints[i].name).id] = i
        if contract.model.gripper_actuator:
            gripper = contract.grippers[0]
            joint = contract.joints[gripper]
            fingers = model.actuator(ROBOT + contract.model.gripper_actuator).id
            low, high = model.actuator_ctrlrange[fingers]
            self._joints[fingers] = gripper
            self._scale[fingers] = (high - low) / (joint.upper - joint.lower)
            self._offset[fingers] = low - joint.lower * self._scale[fingers]

    def controls(self, command: NDArray[np.float64]) -> Vector:
        """Return the controls of a commanded joint position, shape (nu,)."""
        return command[self._joints] * self._scale + self._offset
