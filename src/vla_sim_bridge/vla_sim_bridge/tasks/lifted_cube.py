"""A cube that begins somewhere on the table and may be lifted from it."""

from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray
from vla_contract.values import Vector
from vla_sim_bridge.randomization.term import random_stream
from vla_sim_bridge.scene.simulated_task import SimulatedTask


class LiftedCube:
    """Draws where the cube begins, places it there, and counts for how long it has been up."""

    def __init__(self, config: SimulatedTask, model: mujoco.MjModel, name: str) -> None:
        """Find the cube in a model; body, geom and free joint share its name."""
        self.name = name
        self._area = (config.cube.x_m, config.cube.y_m)
        self._success_height_m = config.success_height_m
        self._success_hold_s = config.success_hold_s
        self._step_s = config.physics_step_s
        self._model = model
        self._geom = int(model.geom(name).id)
        self._qpos = int(model.joint(name).qposadr[0])
        self._height = self._qpos + 2
        self._rest_m = self._lifted_m = 0.0
        self._held_steps = 0

    def sample(self, seed: int) -> dict[str, dict[str, Any]]:
        """Draw a place in the area and any yaw, each from a stream of its own."""
        x, y = (
            random_stream(seed, f'{self.name}_{axis}').uniform(*interval)
            for axis, interval in zip('xy', self._area, strict=True)
        )
        return self.at(x, y, random_stream(seed, f'{self.name}_yaw').uniform(-np.pi, np.pi))

    def at(self, x_m: float, y_m: float, yaw_rad: float) -> dict[str, dict[str, Any]]:
        """Return a place as the values of a start."""
        return {
            f'{self.name}_x': {'value': float(x_m), 'unit': 'm'},
            f'{self.name}_y': {'value': float(y_m), 'unit': 'm'},
            f'{self.name}_yaw': {'value': float(yaw_rad), 'unit': 'rad'},
        }

    def place(
        self, start: dict[str, dict[str, Any]], qpos: NDArray[np.float64], table_m: float
    ) -> None:
        """Lay the cube where a start says, on a table top of this height [m], at rest."""
        x, y, yaw = (start[f'{self.name}_{key}']['value'] for key in ('x', 'y', 'yaw'))
        self._rest_m = table_m + float(self._model.geom_size[self._geom, 2])
        self._lifted_m = self._rest_m + self._success_height_m
        pose = [x, y, self._rest_m, np.cos(yaw / 2), 0.0, 0.0, np.sin(yaw / 2)]
        qpos[self._qpos : self._qpos + 7] = pose
        self._held_steps = 0

    def watch(self, qpos: NDArray[np.float64]) -> None:
        """Count the physics steps for which the cube has been up without a break."""
        self._held_steps = self._held_steps + 1 if qpos[self._height] >= self._lifted_m else 0

    @property
    def is_lifted(self) -> bool:
        """Whether the cube has been held high long enough."""
        return self._held_steps * self._step_s >= self._success_hold_s

    def height_m(self, qpos: NDArray[np.float64]) -> float:
        """Return how far the cube's centre is above its rest [m]."""
        return float(qpos[self._height]) - self._rest_m

    def pose(self, qpos: NDArray[np.float64]) -> Vector:
        """Return the cube's pose in the base frame: position [m] and wxyz, shape (7,)."""
        return np.array(qpos[self._qpos : self._qpos + 7])
