"""The geoms of a compiled world with which each tool of its robot holds."""

from collections.abc import Mapping

import mujoco
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.tool import Tool
from vla_sim_bridge.drafting.kinematics.surface import collision_geoms
from vla_sim_bridge.scene.robot_spec import ROBOT

FingersOf = Mapping[str, tuple[int, ...]]
"""Name of a tool to the geoms of its fingers."""


def fingers_by_tool(model: mujoco.MjModel, cell: Cell) -> FingersOf:
    """Return the geoms of the fingers of every tool of a cell."""
    return {
        tool.name: tuple(geom for geoms in fingers_of(model, tool).values() for geom in geoms)
        for tool in cell.robot.tools
    }


def fingers_of(model: mujoco.MjModel, tool: Tool) -> dict[int, list[int]]:
    """Return the geoms with which a tool holds, by their body."""
    geoms = [int(model.geom(ROBOT + name).id) for name in tool.finger_geoms]
    for name in tool.finger_bodies:
        geoms += collision_geoms(model, int(model.body(ROBOT + name).id))
    found: dict[int, list[int]] = {}
    for geom in dict.fromkeys(geoms):
        found.setdefault(int(model.geom_bodyid[geom]), []).append(geom)
    return found
