"""What is around the robot, and the paths of its tools, for Foxglove."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.kinematics.tool_kinematics import ToolKinematics
from vla_contract.values import Vector
from vla_rollout.view.foxglove.primitives import (
    box_edges,
    Colour,
    cube,
    entity,
    line,
    Message,
    update,
)
from vla_rollout.view.samples import thinned
from vla_rollout.view.watched import Watched

_GREY: Colour = (0.5, 0.5, 0.5, 0.6)
_MEASURED: Colour = (0.11, 0.62, 0.47, 1.0)
_SENT: Colour = (0.23, 0.51, 0.84, 1.0)
_CHUNK: Colour = (0.85, 0.54, 0.18, 1.0)


def fixed_entities(cell: Cell, first_ns: int) -> list[dict[str, Any]]:
    """Return workspace, table and obstacles, which stay from a time on [ns]."""
    base = cell.robot.model.base_frame
    boxes = [box_edges(box.lower, box.upper, _GREY) for box in cell.workspace.boxes]
    solid = [cube(o.centre_m, o.size_m, o.rgba) for o in cell.obstacles]
    if table := cell.table:
        x, y = table.centre_m
        solid.append(cube((x, y, -table.size_m[2] / 2), table.size_m, table.rgba))
    return [
        entity(first_ns, base, 'workspace', lines=boxes),
        entity(first_ns, base, 'surroundings', cubes=solid),
    ]


class ToolPaths:
    """Where the tools of a cell are led in an episode."""

    def __init__(self, cell: Cell, watched: Watched) -> None:
        """Prepare for an episode.

        Raises:
            VlaError: the robot's model cannot be read.
        """
        self._cell, self._watched = cell, watched
        self._kinematics, self._base = ToolKinematics(cell), cell.robot.model.base_frame

    def whole(self, first_ns: int) -> list[dict[str, Any]]:
        """Return the paths that were measured and sent, which stay from a time on [ns]."""
        samples = thinned(self._watched.samples)
        measured = np.array([sample.position for sample in samples])
        sent = np.array([event.command for event in self._watched.commands])
        entities = self._of_each('measured', measured, _MEASURED, first_ns)
        return entities + (self._of_each('sent', sent, _SENT, first_ns) if len(sent) else [])

    def chunks(self) -> Iterator[Message]:
        """Yield the path of each chunk that was taken, which replaces the one before."""
        for chunk in self._watched.chunks:
            stamp_ns = chunk.stamp_ns
            yield update(stamp_ns, self._of_each('chunk', chunk.positions, _CHUNK, stamp_ns))

    def _of_each(
        self, name: str, joints: Vector, colour: Colour, time_ns: int
    ) -> list[dict[str, Any]]:
        """Return the path of every tool at rows of joints, shape (N, D)."""
        entities = []
        for tool in self._cell.robot.tools:
            points = self._kinematics.poses(tool, joints)[:, :3, 3]
            lines = [line(points, colour)]
            entities.append(entity(time_ns, self._base, f'{tool.name} {name}', lines=lines))
        return entities
