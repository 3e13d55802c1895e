"""Meshes of a compiled model as binary STL files: as they look, or their convex hulls."""

from pathlib import Path

import mujoco
import numpy as np
from vla_contract.values import Vector
from vla_sim_bridge.gazebo.elements import sdf_name

_TRIANGLE = np.dtype([('normal', '<f4', 3), ('corners', '<f4', (3, 3)), ('unused', '<u2')])


class MeshFiles:
    """Writes each mesh once; the frame of a file is that of the geom, so poses need no change."""

    def __init__(self, model: mujoco.MjModel, folder: Path) -> None:
        """Write into the folder `meshes` of `folder`."""
        self._model = model
        self._folder = folder / 'meshes'

    def look(self, mesh: int) -> str:
        """Write the triangles that cameras see; return the path in the folder of the world."""
        start = self._model.mesh_faceadr[mesh]
        faces = self._model.mesh_face[start : start + self._model.mesh_facenum[mesh]]
        return self._write(mesh, '', self._vertices(mesh)[faces])

    def hull(self, mesh: int) -> str:
        """Write the convex hull, which is what MuJoCo lets collide."""
        from scipy.spatial import ConvexHull

        vertices = self._vertices(mesh)
        hull = ConvexHull(vertices)
        corners = vertices[hull.simplices]
        # Qhull does not order the corners; equations hold the outward normals.
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        inward = np.einsum('ij,ij->i', normals, hull.equations[:, :3]) < 0.0
        corners[inward] = corners[inward][:, ::-1]
        return self._write(mesh, '_hull', corners)

    def _vertices(self, mesh: int) -> Vector:
        start = self._model.mesh_vertadr[mesh]
        vertices = self._model.mesh_vert[start : start + self._model.mesh_vertnum[mesh]]
        return np.asarray(vertices, dtype=np.float64)

    def _write(self, mesh: int, suffix: str, corners: Vector) -> str:
        path = self._folder / f'{sdf_name(self._model.mesh(mesh).name)}{suffix}.stl'
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            triangles = np.zeros(len(corners), _TRIANGLE)
            normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            lengths = np.linalg.norm(normals, axis=1, keepdims=True)
            triangles['normal'] = normals / np.maximum(lengths, 1e-30)
            triangles['corners'] = corners
            head = b'binary STL'.ljust(80) + np.uint32(len(corners)).tobytes()
            path.write_bytes(head + triangles.tobytes())
        return f'meshes/{path.name}'
