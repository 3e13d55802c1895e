"""A simulated robot at a task: reset with a seed, step, observe, judge. No ROS, no clock."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any
import zlib

import mujoco
import numpy as np
from numpy.typing import NDArray
from vla_contract.contract import RobotContract
from vla_contract.policy import CUBE_POSE
from vla_contract.values import Image, JointSample, Observation, to_ns, Vector
from vla_sim_bridge.placed_camera import place_cameras
from vla_sim_bridge.scene import build_model, CUBE, ROBOT
from vla_sim_bridge.world_config import WorldConfig

Render = Callable[[NDArray[np.float64]], dict[str, Image]]


def random_stream(seed: int, term: str) -> np.random.Generator:
    """Return the generator of one named term, so that adding a term never shifts another."""
    return np.random.default_rng([seed, zlib.crc32(term.encode())])


class World:
    """One robot, one task. Time never goes backwards, not even on reset."""

    def __init__(self, contract: RobotContract, config: WorldConfig) -> None:
        """Compile the model; the world stands at rest with the arm at home.

        Raises:
            SimError, NameMismatchError, ResourceNotFoundError: as `build_model`.
        """
        self.contract = contract
        self.config = config
        self.cameras = place_cameras(contract, config)
        self.model = build_model(contract, config, cameras=self.cameras.values())
        self.data = mujoco.MjData(self.model)
        names = [ROBOT + joint.model_joint for joint in contract.joints]
        self._qpos = np.array([self.model.joint(name).qposadr[0] for name in names])
        self._qvel = np.array([self.model.joint(name).dofadr[0] for name in names])
        self._drive = _Drive(self.model, contract)
        self._cube_qpos = int(self.model.joint(CUBE).qposadr[0])
        self._lifted_m = config.cube.edge_m / 2 + config.success_height_m
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

    def reset(self, seed: int) -> dict[str, Any]:
        """Start an episode: arm near home, cube at random in its area with any yaw.

        Args:
            seed: the same seed gives the same episode, whatever came before.

        Returns:
            The manifest: seed, versions and every sampled value with its unit.
        """
        cube, contract = self.config.cube, self.contract
        x = random_stream(seed, 'cube_x').uniform(*cube.x_m)
        y = random_stream(seed, 'cube_y').uniform(*cube.y_m)
        yaw = random_stream(seed, 'cube_yaw').uniform(-np.pi, np.pi)
        home = contract.home
        jitter = random_stream(seed, 'home_jitter').uniform(-1.0, 1.0, len(contract.arm))
        home[list(contract.arm)] += self.config.home_jitter_rad * jitter

        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[self._qpos] = home
        pose = [x, y, cube.edge_m / 2, np.cos(yaw / 2), 0.0, 0.0, np.sin(yaw / 2)]
        self.data.qpos[self._cube_qpos : self._cube_qpos + 7] = pose
        self._command = home
        self.data.ctrl[:] = self._drive.controls(home)
        mujoco.mj_forward(self.model, self.data)
        self._owed_ns = 0
        self._held_steps = 0
        values = {'cube_x': (x, 'm'), 'cube_y': (y, 'm'), 'cube_yaw': (yaw, 'rad')}
        values |= {f'home.{contract.joints[i].name}': (home[i], 'rad') for i in contract.arm}
        return {
            'seed': seed,
            'task': self.config.task,
            'contract_sha256': contract.sha256,
            'mujoco': version('mujoco'),
            'values': {k: {'value': float(v), 'unit': unit} for k, (v, unit) in values.items()},
        }

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
        """Measure the joints now."""
        return JointSample(self.time_ns, self.data.qpos[self._qpos], self.data.qvel[self._qvel])

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
        return float(self.data.qpos[self._cube_qpos + 2]) - self.config.cube.edge_m / 2

    def cube_pose(self) -> Vector:
        """Return the cube's pose in the base frame: position [m] and wxyz, shape (7,)."""
        return np.array(self.data.qpos[self._cube_qpos : self._cube_qpos + 7])


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
