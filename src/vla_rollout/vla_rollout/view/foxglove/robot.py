"""The robot for Foxglove: its bodies' shapes, and how their frames move."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.errors import VlaError
from vla_contract.kinematics.tool_kinematics import ToolKinematics
from vla_contract.recordings.definitions import header
from vla_contract.values import Vector
from vla_rollout.view.foxglove.primitives import entity, Message, pose, rgba, update, xyz
from vla_rollout.view.samples import thinned
from vla_rollout.view.shapes import RobotBodies, Shape
from vla_rollout.view.watched import Watched
from vla_sim_bridge.cameras.placed_camera import place_cameras

# No frame of a driver or of robot_state_publisher is called so.
_PREFIX = 'model/'
_TRIANGLE = np.dtype([('normal', '<f4', 3), ('corners', '<f4', (3, 3)), ('unused', '<u2')])


class ShownRobot:
    """Frames and shapes of a cell's robot, in its base frame."""

    def __init__(self, cell: Cell) -> None:
        """Read the robot.

        Raises:
            VlaError: it has no model, or the model cannot be read.
        """
        self._cell, self._bodies = cell, RobotBodies(cell)
        self._base = cell.robot.model.base_frame

    def transforms(self, watched: Watched) -> Iterator[Message]:
        """Yield tf2_msgs/TFMessage of the bodies, the tools and the cameras the cell places."""
        kinematics, tools = ToolKinematics(self._cell), self._cell.robot.tools
        fixed = list(self._cameras())
        for sample in thinned(watched.samples):
            poses = self._bodies.poses(sample.position)
            named = {_PREFIX + n: T for n, T in zip(self._bodies.names, poses, strict=True)}
            named |= {tool.frame: kinematics.poses(tool, sample.position) for tool in tools}
            moved = [(self._base, name, T) for name, T in named.items() if name != self._base]
            rows = [_transform(sample.stamp_ns, *row) for row in [*moved, *fixed]]
            yield int(sample.arrivals_ns.max()), {'transforms': rows}

    def scene(self, first_ns: int) -> Message:
        """Return foxglove_msgs/SceneUpdate with the shapes of all bodies.

        Args:
            first_ns: when it is logged; the shapes stay from then on [ns].
        """
        lists: dict[str, dict[str, list[dict[str, Any]]]] = {}
        for body, shape in self._bodies.shapes():
            for kind, primitive in _primitives(shape):
                lists.setdefault(body, {}).setdefault(kind, []).append(primitive)
        entities = [entity(first_ns, _PREFIX + body, body, **lists[body]) for body in lists]
        return update(first_ns, entities)

    def _cameras(self) -> Iterator[tuple[str, str, Vector]]:
        try:
            placed = place_cameras(self._cell)
        except VlaError:
            return
        for camera in placed.values():
            yield camera.parent, camera.camera.frame, camera.T_parent_camera


def _transform(time_ns: int, parent: str, child: str, T: Vector) -> dict[str, Any]:
    placed = pose(T)
    transform = {'translation': placed['position'], 'rotation': placed['orientation']}
    return {
        'header': header(time_ns, parent), 'child_frame_id': child, 'transform': transform,
    }  # fmt: skip


def _primitives(shape: Shape) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the list of an entity and what goes into it."""
    place, colour = pose(shape.T_body_shape), rgba(shape.rgba)
    size, common = shape.size, {'pose': place, 'color': colour}
    round_ends = {'bottom_scale': 1.0, 'top_scale': 1.0}
    match shape.kind:
        case 'mesh':
            model = {
                'scale': xyz(1.0, 1.0, 1.0), 'override_color': True, 'url': '',
                'media_type': 'model/stl', 'data': _stl(shape),
            }  # fmt: skip
            yield 'models', {**common, **model}
        case 'box':
            yield 'cubes', {**common, 'size': xyz(*(2 * size))}
        case 'sphere':
            yield 'spheres', {**common, 'size': xyz(*[2 * size[0]] * 3)}
        case 'ellipsoid':
            yield 'spheres', {**common, 'size': xyz(*(2 * size))}
        case _:
            width = 2 * size[0]
            whole = {'size': xyz(width, width, 2 * size[1]), **round_ends}
            yield 'cylinders', {**common, **whole}
            if shape.kind == 'capsule':
                for end in (-size[1], size[1]):
                    T = shape.T_body_shape.copy()
                    T[:3, 3] += end * T[:3, 2]
                    ball = {'pose': pose(T), 'size': xyz(width, width, width)}
                    yield 'spheres', {**common, **ball}


def _stl(shape: Shape) -> bytes:
    """Return a mesh as a binary STL file."""
    corners = shape.vertices[shape.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    triangles = np.zeros(len(corners), _TRIANGLE)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    triangles['normal'] = normals / np.maximum(lengths, 1e-30)
    triangles['corners'] = corners
    return b'binary STL'.ljust(80) + np.uint32(len(corners)).tobytes() + triangles.tobytes()
