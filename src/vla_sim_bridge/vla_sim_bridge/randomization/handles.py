"""Where the objects of a task stand in a compiled model, for what changes them."""

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray
from vla_sim_bridge.scene.parts import body_with_parts


@dataclass(frozen=True, eq=False)
class ObjectHandles:
    """Rows of some objects.

    Attributes:
        bodies: with their parts, shape (m,).
        geoms: of them, shape (n,).
        scalable_geoms: of objects of one body, whose sizes say how large they are, shape (k,).
        meshes: that these geoms show, each with its vertices in `mesh_vert`.
    """

    bodies: NDArray[np.int64]
    geoms: NDArray[np.int64]
    scalable_geoms: NDArray[np.int64]
    meshes: dict[int, slice]

    @classmethod
    def of(cls, model: mujoco.MjModel, objects: tuple[str, ...]) -> 'ObjectHandles':
        """Find objects by their names."""
        bodies = [body for name in objects for body in body_with_parts(model, name)]
        scalable = _scalable(model, objects)
        is_mesh = model.geom_type[scalable] == mujoco.mjtGeom.mjGEOM_MESH
        return cls(
            np.array(bodies, dtype=int),
            np.flatnonzero(np.isin(model.geom_bodyid, bodies)),
            scalable,
            _vertices(model, model.geom_dataid[scalable[is_mesh]]),
        )


def _scalable(model: mujoco.MjModel, objects: tuple[str, ...]) -> NDArray[np.int64]:
    """Return the geoms whose sizes say how large an object is: of those without parts."""
    found: list[int] = []
    for name in objects:
        bodies = body_with_parts(model, name)
        if len(bodies) == 1:
            found.extend(np.flatnonzero(model.geom_bodyid == bodies[0]))
    return np.array(found, dtype=np.int64)


def _vertices(model: mujoco.MjModel, meshes: NDArray[np.int64]) -> dict[int, slice]:
    """Return where the vertices of meshes stand in `mesh_vert`."""
    starts, counts = model.mesh_vertadr, model.mesh_vertnum
    return {int(k): slice(int(starts[k]), int(starts[k] + counts[k])) for k in np.unique(meshes)}
