"""Points on the surface of what a body is made of."""

from collections.abc import Iterable

import mujoco
import numpy as np
from vla_contract.values import Vector

_GEOM = mujoco.mjtGeom
_FLAT = {int(_GEOM.mjGEOM_PLANE), int(_GEOM.mjGEOM_HFIELD)}
# Enough that a capsule around the points sticks out of a sphere by less than 2 percent.
_POINTS_OF_A_BALL = 200


def collision_geoms(model: mujoco.MjModel, body: int) -> list[int]:
    """Return the geoms of a body that touch others; where none does, all that have a volume."""
    first = model.body_geomadr[body]
    geoms = [int(first + i) for i in range(model.body_geomnum[body])]
    solid = [g for g in geoms if int(model.geom_type[g]) not in _FLAT]
    touching = [g for g in solid if model.geom_contype[g] or model.geom_conaffinity[g]]
    return touching or solid


def surface_points(model: mujoco.MjModel, geoms: Iterable[int]) -> Vector:
    """Return points of geoms in the frames of their bodies, shape (n, 3) [m]."""
    points = [_in_body(model, geom, _own_points(model, geom)) for geom in geoms]
    return np.concatenate(points) if points else np.zeros((0, 3))


def points_of_bodies(
    model: mujoco.MjModel, data: mujoco.MjData, bodies: Iterable[int], frame: int = 0
) -> Vector:
    """Return points of what bodies are made of, in the frame of one body, shape (n, 3) [m].

    Args:
        model: compiled.
        data: with kinematics computed.
        bodies: whose geoms.
        frame: the body in whose frame; 0 is the base frame.
    """
    found = [np.zeros((0, 3))]
    for body in bodies:
        points = surface_points(model, collision_geoms(model, body))
        found.append(points @ data.xmat[body].reshape(3, 3).T + data.xpos[body])
    rotation = data.xmat[frame].reshape(3, 3)
    moved: Vector = (np.concatenate(found) - data.xpos[frame]) @ rotation
    return moved


def _in_body(model: mujoco.MjModel, geom: int, points: Vector) -> Vector:
    rotation = np.empty(9)
    mujoco.mju_quat2Mat(rotation, model.geom_quat[geom])
    moved: Vector = points @ rotation.reshape(3, 3).T + model.geom_pos[geom]
    return moved


def _own_points(model: mujoco.MjModel, geom: int) -> Vector:
    kind, size = int(model.geom_type[geom]), model.geom_size[geom]
    if kind == int(_GEOM.mjGEOM_MESH):
        mesh = model.geom_dataid[geom]
        first, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
        return np.array(model.mesh_vert[first : first + count], dtype=float)
    if kind == int(_GEOM.mjGEOM_BOX):
        corners: Vector = _corners() * size
        return corners
    ball = _ball()
    if kind == int(_GEOM.mjGEOM_CYLINDER):
        flat = ball * [1.0, 1.0, 0.0]
        rim = flat / np.linalg.norm(flat, axis=1)[:, None] * size[0]
        return np.concatenate([rim + [0.0, 0.0, size[1]], rim - [0.0, 0.0, size[1]]])
    if kind == int(_GEOM.mjGEOM_CAPSULE):
        ends = np.sign(ball[:, 2:]) * [0.0, 0.0, size[1]]
        capsule: Vector = ball * size[0] + ends
        return capsule
    scaled: Vector = ball * (size if kind == int(_GEOM.mjGEOM_ELLIPSOID) else size[0])
    return scaled


def _corners() -> Vector:
    signs = np.array([-1.0, 1.0])
    return np.stack(np.meshgrid(signs, signs, signs), axis=-1).reshape(-1, 3)


def _ball() -> Vector:
    """Return points spread evenly over the unit sphere: a spiral of the golden angle."""
    k = np.arange(_POINTS_OF_A_BALL) + 0.5
    z, turn = 1.0 - 2.0 * k / _POINTS_OF_A_BALL, np.pi * (1.0 + 5**0.5) * k
    ring = np.sqrt(1.0 - z**2)
    return np.column_stack([ring * np.cos(turn), ring * np.sin(turn), z])
