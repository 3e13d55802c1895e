"""The bodies of a cell's robot: what they look like, and where they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import mujoco
import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.cell import Cell
from vla_contract.description.reading import compiled
from vla_contract.transforms import make_transform
from vla_contract.values import Vector
from vla_rollout.view.linkage import Linkage
from vla_sim_bridge.scene.robot_spec import attach_robot, load_robot, ROBOT

Faces = NDArray[np.int32]

# The groups that models keep for the eye; those above are for contacts.
_LOOKS = 2


@dataclass(frozen=True)
class Shape:
    """One shape of a body.

    Attributes:
        kind: mesh, box, sphere, ellipsoid, capsule or cylinder; the last two along z.
        T_body_shape: where it is, shape (4, 4).
        rgba: its colour, each from 0 to 1.
        size: halves of a box, radii of an ellipsoid, radius and half length along z, shape (3,)
            [m]; of a mesh nothing.
        vertices: of a mesh, shape (V, 3) [m].
        faces: of a mesh, shape (F, 3).
    """

    kind: str
    T_body_shape: Vector
    rgba: tuple[float, float, float, float]
    size: Vector
    vertices: Vector
    faces: Faces

    def normals(self) -> Vector:
        """Return the normals of a mesh at its vertices, shape (V, 3), each face by its area."""
        a, b, c = np.moveaxis(self.vertices[self.faces], 1, 0)
        normals = np.zeros_like(self.vertices)
        for column in self.faces.T:
            np.add.at(normals, column, np.cross(b - a, c - a))
        lengths = np.linalg.norm(normals, axis=1, keepdims=True)
        found: Vector = normals / np.maximum(lengths, 1e-30)
        return found


_KINDS = {
    int(mujoco.mjtGeom.mjGEOM_MESH): 'mesh',
    int(mujoco.mjtGeom.mjGEOM_BOX): 'box',
    int(mujoco.mjtGeom.mjGEOM_SPHERE): 'sphere',
    int(mujoco.mjtGeom.mjGEOM_ELLIPSOID): 'ellipsoid',
    int(mujoco.mjtGeom.mjGEOM_CAPSULE): 'capsule',
    int(mujoco.mjtGeom.mjGEOM_CYLINDER): 'cylinder',
}


class RobotBodies:
    """Forward kinematics of every body of the robot, fingers and linkages included."""

    def __init__(self, cell: Cell) -> None:
        """Read the robot.

        Raises:
            VlaError: it has no model, or the model cannot be read.
        """
        spec, robot = mujoco.MjSpec(), load_robot(cell)
        for mimic in cell.robot.model.mimics:
            robot.add_equality(
                type=mujoco.mjtEq.mjEQ_JOINT,
                objtype=mujoco.mjtObj.mjOBJ_JOINT,
                name1=mimic.joint,
                name2=mimic.follows,
                data=[mimic.offset, mimic.multiplier, *[0.0] * 10],
            )
        # Its base is at the origin of the world.
        attach_robot(spec, robot, cell)
        self._model = model = compiled(cell.robot.model, spec.compile)
        self._data = mujoco.MjData(model)
        handles = [model.joint(ROBOT + joint.model_joint) for joint in cell.joints]
        self._qpos = [int(handle.qposadr[0]) for handle in handles]
        self._linkage = Linkage(model, self._data, {int(h.dofadr[0]) for h in handles})
        self._ids = [body for body in range(model.nbody) if self._name(body)]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the bodies, as the model has them."""
        return tuple(map(self._name, self._ids))

    def poses(self, joints: Vector) -> Vector:
        """Return T_base_body of every body, shape (B, 4, 4).

        Args:
            joints: in the cell's order, shape (D,) [rad or m].
        """
        data = self._data
        data.qpos[self._qpos] = joints
        self._linkage.close()
        rotations = data.xmat[self._ids].reshape(-1, 3, 3)
        poses = np.tile(np.eye(4), (len(self._ids), 1, 1))
        poses[:, :3, :3], poses[:, :3, 3] = rotations, data.xpos[self._ids]
        return poses

    def _name(self, body: int) -> str:
        return str(self._model.body(body).name).removeprefix(ROBOT)

    def shapes(self) -> Iterator[tuple[str, Shape]]:
        """Yield every shape to look at, with the name of its body.

        Where a body has shapes for the eye, those for contacts are left out.
        """
        model = self._model
        for body in self._ids:
            first = int(model.body_geomadr[body])
            geoms = range(first, first + int(model.body_geomnum[body]))
            looks = [geom for geom in geoms if model.geom_group[geom] <= _LOOKS]
            for geom in looks or geoms:
                if int(model.geom_type[geom]) in _KINDS and model.geom_rgba[geom, 3] > 0.0:
                    yield self._name(body), self._shape(geom)

    def _shape(self, geom: int) -> Shape:
        model, turn = self._model, np.empty(9)
        mujoco.mju_quat2Mat(turn, model.geom_quat[geom])
        kind = _KINDS[int(model.geom_type[geom])]
        vertices, faces = np.empty((0, 3)), np.empty((0, 3), np.int32)
        if kind == 'mesh':
            mesh = model.mesh(int(model.geom_dataid[geom]))
            start, count = int(mesh.vertadr[0]), int(mesh.vertnum[0])
            vertices = model.mesh_vert[start : start + count].astype(np.float64)
            start, count = int(mesh.faceadr[0]), int(mesh.facenum[0])
            faces = model.mesh_face[start : start + count].astype(np.int32)
        material = int(model.geom_matid[geom])
        rgba = model.geom_rgba[geom] if material < 0 else model.mat_rgba[material]
        r, g, b, a = map(float, rgba)
        T = make_transform(model.geom_pos[geom].copy(), turn.reshape(3, 3))
        size = model.geom_size[geom].copy()
        return Shape(kind, T, (r, g, b, a), size, vertices, faces)
