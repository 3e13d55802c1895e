"""The robot in space: its bodies, the paths of its tools, and what surrounds it."""

from typing import Any

import numpy as np
from vla_contract import so3
from vla_contract.deployment.cell import Cell
from vla_contract.errors import VlaError
from vla_contract.kinematics.tool_kinematics import ToolKinematics
from vla_contract.values import Vector
from vla_rollout.view.rerun.joints import DESIRED, MEASURED, SENT
from vla_rollout.view.rerun.library import load_rerun, path_part
from vla_rollout.view.rerun.timelines import Timelines
from vla_rollout.view.samples import thinned
from vla_rollout.view.shapes import RobotBodies, Shape
from vla_rollout.view.watched import Watched
from vla_sim_bridge.cameras.placed_camera import place_cameras, PlacedCamera

WORLD = 'world'
ROBOT, TOOLS, CAMERAS = f'{WORLD}/robot', f'{WORLD}/tools', f'{WORLD}/cameras'
"""Where bodies, tools and cameras are; all in the base frame of the cell."""

_WALL = (0x80, 0x80, 0x80)


class Scene:
    """Logs what there is in space; what the robot's file does not have is left out."""

    def __init__(self, recording: Any, cell: Cell, timelines: Timelines) -> None:
        """Prepare to log into a recording."""
        self._rr, self._recording = load_rerun(), recording
        self._cell, self._timelines = cell, timelines

    def send(self, watched: Watched) -> str:
        """Log surroundings, cameras, robot and tools; return why there is no robot, '' if it is.

        Args:
            watched: the episode.
        """
        axes = self._rr.ViewCoordinates.RIGHT_HAND_Z_UP
        self._recording.log(WORLD, axes, static=True)
        self._surroundings()
        self._cameras()
        self._objects(watched)
        try:
            self._robot(watched)
            self._tools(watched)
        except VlaError as error:
            return f'no robot in the picture: {error}'
        return ''

    def _objects(self, watched: Watched) -> None:
        if watched.objects:
            stamps_ns = [each.stamp_ns for each in watched.objects]
            poses = np.array([each.pose for each in watched.objects])
            moved = self._rr.Transform3D.columns(
                translation=poses[:, :3], quaternion=poses[:, [4, 5, 6, 3]]
            )
            path = f'{WORLD}/target'
            self._recording.log(path, self._rr.TransformAxes3D(axis_length=0.06), static=True)
            self._recording.send_columns(path, self._timelines.columns(stamps_ns), moved)

    def _surroundings(self) -> None:
        boxes = self._cell.workspace.boxes
        lower = np.array([box.lower for box in boxes]).reshape(-1, 3)
        upper = np.array([box.upper for box in boxes]).reshape(-1, 3)
        frames = self._rr.Boxes3D(
            centers=(lower + upper) / 2, half_sizes=(upper - lower) / 2,
            labels=[box.name for box in boxes], colors=[_WALL],
            fill_mode='MajorWireframe',
        )  # fmt: skip
        self._recording.log(f'{WORLD}/workspace', frames, static=True)
        solid = [(o.name, o.centre_m, o.size_m, o.rgba) for o in self._cell.obstacles]
        if table := self._cell.table:
            x, y = table.centre_m
            place = (x, y, -table.size_m[2] / 2)
            solid.append(('table', place, table.size_m, table.rgba))
        for name, centre, size, rgba in solid:
            box = self._rr.Boxes3D(
                centers=[centre], sizes=[size], colors=[_bytes(rgba)], fill_mode='Solid'
            )
            self._recording.log(f'{WORLD}/surroundings/{path_part(name)}', box, static=True)

    def _robot(self, watched: Watched) -> None:
        """Log every body with its shapes, and how it moves."""
        bodies = RobotBodies(self._cell)
        for number, (body, shape) in enumerate(bodies.shapes()):
            path = f'{ROBOT}/{path_part(body)}/{shape.kind}_{number}'
            self._recording.log(path, *self._looks(shape), static=True)
        samples = thinned(watched.samples)
        stamps_ns = [sample.stamp_ns for sample in samples]
        poses = np.array([bodies.poses(sample.position) for sample in samples])
        for index, name in enumerate(bodies.names):
            self._move(f'{ROBOT}/{path_part(name)}', stamps_ns, poses[:, index])

    def _tools(self, watched: Watched) -> None:
        """Log where each tool is, its paths, and those of the chunks."""
        kinematics = ToolKinematics(self._cell)
        samples = thinned(watched.samples)
        measured = np.array([sample.position for sample in samples])
        for tool in self._cell.robot.tools:
            path = f'{TOOLS}/{path_part(tool.name)}'
            poses = kinematics.poses(tool, measured)
            stamps_ns = [sample.stamp_ns for sample in samples]
            axes = self._rr.TransformAxes3D(axis_length=0.08)
            self._recording.log(f'{path}/frame', axes, static=True)
            self._move(f'{path}/frame', stamps_ns, poses)
            self._path(f'{path}/measured', poses[:, :3, 3], MEASURED)
            if watched.commands:
                sent = np.array([each.command for each in watched.commands])
                self._path(f'{path}/sent', kinematics.poses(tool, sent)[:, :3, 3], SENT)
            if chunks := watched.chunks:
                strips = [kinematics.poses(tool, c.positions)[:, :3, 3] for c in chunks]
                colours = [DESIRED] * len(strips)
                lines = self._rr.LineStrips3D.columns(strips=strips, colors=colours)
                times = self._timelines.columns([c.stamp_ns for c in chunks])
                self._recording.send_columns(f'{path}/chunk', times, lines)

    def _cameras(self) -> None:
        """Log where the cameras are that the cell places; the others are pictures alone."""
        for name, camera in _placed(self._cell).items():
            intrinsics, size, T = camera.intrinsics, camera.camera, camera.T_parent_camera
            self._recording.log(
                camera_places(self._cell)[name],
                self._rr.Transform3D(translation=T[:3, 3], mat3x3=T[:3, :3]),
                self._rr.Pinhole(
                    focal_length=(intrinsics.fx, intrinsics.fy),
                    principal_point=(intrinsics.cx, intrinsics.cy),
                    resolution=(size.width, size.height), image_plane_distance=0.15,
                ),
                static=True,
            )  # fmt: skip

    def _looks(self, shape: Shape) -> list[Any]:
        """Return what draws a shape, and its place on the body."""
        rr, colour, size = self._rr, _bytes(shape.rgba), shape.size
        T = shape.T_body_shape
        place = rr.Transform3D(translation=T[:3, 3], mat3x3=T[:3, :3])
        fill = {'colors': [colour], 'fill_mode': 'Solid'}
        match shape.kind:
            case 'mesh':
                drawn = rr.Mesh3D(
                    vertex_positions=shape.vertices, triangle_indices=shape.faces,
                    vertex_normals=shape.normals(), albedo_factor=colour,
                )  # fmt: skip
            case 'box':
                drawn = rr.Boxes3D(half_sizes=[size], **fill)
            case 'sphere':
                drawn = rr.Ellipsoids3D(radii=[size[0]], **fill)
            case 'ellipsoid':
                drawn = rr.Ellipsoids3D(half_sizes=[size], **fill)
            case 'capsule':
                # Rerun's begins at the origin.
                base = [[0.0, 0.0, -size[1]]]
                drawn = rr.Capsules3D(
                    lengths=[2 * size[1]], radii=[size[0]], translations=base, **fill
                )
            case _:
                drawn = rr.Cylinders3D(lengths=[2 * size[1]], radii=[size[0]], **fill)
        return [drawn, place]

    def _move(self, path: str, stamps_ns: list[int], poses: Vector) -> None:
        moved = self._rr.Transform3D.columns(
            translation=poses[:, :3, 3],
            quaternion=so3.Rotation.from_matrix(poses[:, :3, :3]).as_quat(),
        )
        self._recording.send_columns(path, self._timelines.columns(stamps_ns), moved)

    def _path(self, path: str, points: Vector, colour: tuple[int, int, int]) -> None:
        line = self._rr.LineStrips3D([points], colors=[colour])
        self._recording.log(path, line, static=True)


def camera_places(cell: Cell) -> dict[str, str]:
    """Return the path of each camera's entity by its name; one on a tool is below the tool's."""
    tools = {tool.frame: f'{TOOLS}/{path_part(tool.name)}/frame' for tool in cell.robot.tools}
    parents = {name: camera.parent for name, camera in _placed(cell).items()}
    names = [camera.name for camera in cell.cameras]
    roots = {name: tools.get(parents.get(name, ''), CAMERAS) for name in names}
    return {name: f'{root}/{path_part(name)}' for name, root in roots.items()}


def _placed(cell: Cell) -> dict[str, PlacedCamera]:
    """Return the cameras that the cell places; none where it leaves one out."""
    try:
        return place_cameras(cell)
    except VlaError:
        return {}


def _bytes(rgba: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(round(255 * value) for value in rgba)
