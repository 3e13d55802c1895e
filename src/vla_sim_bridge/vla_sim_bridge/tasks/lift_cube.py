"""Lift the only cube on the table."""

import mujoco
from numpy import float64
from numpy.typing import NDArray
from vla_sim_bridge.scene.simulated_task import SimulatedTask
from vla_sim_bridge.tasks.lifted_cube import LiftedCube
from vla_sim_bridge.tasks.task import Start


class LiftCube:
    """One cube, one instruction; nothing can be done wrong for good."""

    failure = ''

    def __init__(self, config: SimulatedTask, model: mujoco.MjModel) -> None:
        """Find the cube in a compiled world."""
        (name,) = config.cube_colours
        self.target = LiftedCube(config, model, name)
        self.cubes: tuple[LiftedCube, ...] = (self.target,)
        self.instruction = config.instruction

    def scene(self, seed: int) -> int:
        """Return the seed itself: every episode looks different."""
        return seed

    def sample(self, seed: int) -> Start:
        """Draw where the cube lies."""
        return self.target.sample(seed)

    def begin(self, start: Start) -> None:
        """Do nothing: every episode is told the same."""

    def watch(self, qpos: NDArray[float64]) -> None:
        """Count for how long the cube has been up."""
        self.target.watch(qpos)

    @property
    def success(self) -> bool:
        """Whether the cube has been held high long enough."""
        return self.target.is_lifted
