"""Find what judges success, by its name in a task's file. A new one is a module and a row."""

from collections.abc import Callable

import mujoco
from vla_sim_bridge.scene.simulated_task import LIFT_CUBE, LIFT_NAMED_CUBE, SimulatedTask
from vla_sim_bridge.tasks.lift_cube import LiftCube
from vla_sim_bridge.tasks.lift_named_cube import LiftNamedCube
from vla_sim_bridge.tasks.task import Task

TASKS: dict[str, Callable[[SimulatedTask, mujoco.MjModel], Task]] = {
    LIFT_CUBE: LiftCube,
    LIFT_NAMED_CUBE: LiftNamedCube,
}


def make_task(config: SimulatedTask, model: mujoco.MjModel) -> Task:
    """Build a task in a compiled model; `SimulatedTask.success` allows only names of `TASKS`."""
    return TASKS[config.success](config, model)
