"""Find a task by the name in a world's configuration. A new task is one module and one row."""

from collections.abc import Callable

import mujoco
from vla_sim_bridge.scene.world_config import WorldConfig
from vla_sim_bridge.tasks.lift_cube import LiftCube
from vla_sim_bridge.tasks.lift_named_cube import LiftNamedCube
from vla_sim_bridge.tasks.task import Task

TASKS: dict[str, Callable[[WorldConfig, mujoco.MjModel], Task]] = {
    'lift_cube': LiftCube,
    'lift_named_cube': LiftNamedCube,
}


def make_task(config: WorldConfig, model: mujoco.MjModel) -> Task:
    """Build the task of a world; its configuration allows only names of `TASKS`."""
    return TASKS[config.task](config, model)
