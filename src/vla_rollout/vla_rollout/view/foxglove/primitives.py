"""Entities of a foxglove_msgs/SceneUpdate."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from vla_contract import so3
from vla_contract.recordings.definitions import stamp
from vla_contract.values import Vector

Message = tuple[int, dict[str, Any]]
"""When it is logged [ns], and its fields."""

Colour = tuple[float, float, float, float]

_LISTS = ('metadata', 'arrows', 'cubes', 'spheres', 'cylinders', 'lines', 'triangles', 'texts',
          'models')  # fmt: skip
_STRIP, _PAIRS = 0, 2
_CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
_EDGES = [
    (i, j) for i in range(8) for j in range(i) if np.abs(_CORNERS[i] - _CORNERS[j]).sum() == 1
]


def update(time_ns: int, entities: Iterable[dict[str, Any]]) -> Message:
    """Return a scene update that is logged at a time [ns]."""
    return time_ns, {'deletions': [], 'entities': list(entities)}


def entity(time_ns: int, frame: str, name: str, **lists: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an entity that stays, and moves with its frame, until another has its name."""
    return {
        'timestamp': stamp(time_ns), 'frame_id': frame, 'id': name, 'lifetime': stamp(0),
        'frame_locked': True, **{key: [] for key in _LISTS}, **lists,
    }  # fmt: skip


def line(points: Vector, colour: Colour, width_m: float = 0.004) -> dict[str, Any]:
    """Return a line through points, shape (N, 3) [m]."""
    return _line(_STRIP, points, colour, width_m)


def box_edges(lower: Sequence[float], upper: Sequence[float], colour: Colour) -> dict[str, Any]:
    """Return the edges of an axis-aligned box between two corners [m]."""
    corners = np.array(lower) + _CORNERS * (np.array(upper) - lower)
    return _line(_PAIRS, np.array([corners[k] for edge in _EDGES for k in edge]), colour, 0.004)


def cube(centre: Sequence[float], size: Sequence[float], colour: Colour) -> dict[str, Any]:
    """Return a solid box: its centre and edges [m]."""
    T = np.eye(4)
    T[:3, 3] = centre
    return {'pose': pose(T), 'size': xyz(*size), 'color': rgba(colour)}


def _line(kind: int, points: Vector, colour: Colour, width_m: float) -> dict[str, Any]:
    return {
        'type': kind, 'pose': pose(np.eye(4)), 'thickness': width_m, 'scale_invariant': False,
        'points': [xyz(*point) for point in points], 'color': rgba(colour), 'colors': [],
        'indices': [],
    }  # fmt: skip


def pose(T: Vector) -> dict[str, Any]:
    """Return geometry_msgs/Pose of a transform, shape (4, 4)."""
    x, y, z, w = so3.Rotation.from_matrix(T[:3, :3]).as_quat().tolist()
    return {'position': xyz(*T[:3, 3]), 'orientation': {**xyz(x, y, z), 'w': w}}


def xyz(x: float, y: float, z: float) -> dict[str, float]:
    """Return a Point or Vector3."""
    return {'x': float(x), 'y': float(y), 'z': float(z)}


def rgba(colour: Colour) -> dict[str, float]:
    """Return foxglove_msgs/Color of parts from 0 to 1."""
    return dict(zip('rgba', map(float, colour), strict=True))
