"""An object of a task in a compiled model: where it begins, where it is, how high it stands."""

import mujoco
import numpy as np
from numpy.typing import NDArray
from vla_contract.errors import UnknownNameError
from vla_contract.values import Vector
from vla_sim_bridge.drafting.kinematics.surface import surface_points
from vla_sim_bridge.scene.extras import TABLE
from vla_sim_bridge.scene.object_settings import (
    half_extent,
    InnerConfig,
    ObjectConfig,
    OPEN_BOX,
)
from vla_sim_bridge.scene.parts import body_with_parts
from vla_sim_bridge.tasks.start import Start

_GEOM = mujoco.mjtGeom
_ABOUT_Z = {_GEOM.mjGEOM_CYLINDER: 1, _GEOM.mjGEOM_BOX: 2, _GEOM.mjGEOM_SPHERE: 0}


class SceneObject:
    """Handles of one object; its body, its first geom and its free joint share its name.

    Attributes:
        name: of the object.
        config: what the task says of it.
        geoms: of the whole object, with its parts.
        body: in the model.
        bodies: with its parts.
        radius_m: of a circle about its origin that holds it, seen from above, as authored [m].
        rest_m: how high its origin was when the episode began [m].
    """

    def __init__(self, name: str, config: ObjectConfig, model: mujoco.MjModel) -> None:
        """Find the object in a model that no episode has changed yet."""
        self.name, self.config = name, config
        self._model = model
        self.body = int(model.body(name).id)
        self.bodies = body_with_parts(model, name)
        geoms = np.flatnonzero(np.isin(model.geom_bodyid, self.bodies))
        self.geoms: tuple[int, ...] = tuple(int(geom) for geom in geoms)
        self._qpos = -1 if config.fixed else int(model.joint(name).qposadr[0])
        self.rest_m = 0.0
        low, high = self._extent()
        self.radius_m = float(np.hypot(*np.maximum(-low[:2], high[:2])))

    @property
    def table_m(self) -> float:
        """How high the top of the table is in this episode [m]."""
        table = self._model.geom(TABLE).id
        return float(self._model.geom_pos[table, 2] + self._model.geom_size[table, 2])

    @property
    def bottom_m(self) -> float:
        """How far its lowest point is below its origin as it stands, in this episode [m]."""
        model, (first, *more) = self._model, self.geoms
        kind = _GEOM(model.geom_type[first])
        if not more and kind in _ABOUT_Z:
            return float(model.geom_size[first, _ABOUT_Z[kind]])
        return -float(self._extent()[0][2])

    @property
    def top_m(self) -> float:
        """How far its highest point is above its origin as it stands [m]."""
        return float(self._extent()[1][2])

    @property
    def half_m(self) -> Vector:
        """Half of what it takes up along x and y of its frame, shape (2,) [m]."""
        low, high = self._extent()
        half: Vector = np.minimum(-low[:2], high[:2])
        return half

    def authored(self) -> tuple[float, float, Vector]:
        """Return what is below and above its origin [m] and `half_m` as the task's file has it."""
        half = half_extent(self.config)
        if half is not None:
            return half[2], half[2], np.array(half[:2])
        return self.bottom_m, self.top_m, self.half_m

    @property
    def inner(self) -> InnerConfig | None:
        """The room inside a container; None where the task says of none."""
        if self.config.inner is None and self.config.shape == OPEN_BOX:
            x, y, z, wall = self.config.size_m
            room = (x - 2 * wall, y - 2 * wall, z - wall)
            return InnerConfig((0.0, 0.0, wall / 2), room)
        return self.config.inner

    def place(self, start: Start, qpos: NDArray[np.float64], below: 'SceneObject | None') -> None:
        """Lay it where a start says: on the table, on another object, or inside one; at rest."""
        x, y, yaw = (start[f'{self.name}_{key}']['value'] for key in ('x', 'y', 'yaw'))
        if below is None:
            floor_m = self.table_m
        elif below.inner is not None:
            inner = below.inner
            floor_m = below.rest_m + inner.centre_m[2] - inner.size_m[2] / 2
        else:
            floor_m = below.rest_m + below.top_m
        self.rest_m = floor_m + self.bottom_m
        pose = [x, y, self.rest_m, np.cos(yaw / 2), 0.0, 0.0, np.sin(yaw / 2)]
        if self.config.fixed:
            self._model.body_pos[self.body] = pose[:3]
            self._model.body_quat[self.body] = pose[3:]
        else:
            qpos[self._qpos : self._qpos + 7] = pose

    def height_m(self, qpos: NDArray[np.float64]) -> float:
        """Return how far its origin is above where it began [m]."""
        return 0.0 if self.config.fixed else float(qpos[self._qpos + 2]) - self.rest_m

    @property
    def height_address(self) -> int:
        """Where its height stands in qpos; -1 for what is fixed."""
        return self._qpos + 2 if self._qpos >= 0 else -1

    def pose(self, data: mujoco.MjData) -> Vector:
        """Return its pose in the base frame: position [m] and wxyz, shape (7,)."""
        if self.config.fixed:
            model = self._model
            return np.concatenate([model.body_pos[self.body], model.body_quat[self.body]])
        return np.array(data.qpos[self._qpos : self._qpos + 7])

    def frame_pose(self, frame: str, data: mujoco.MjData) -> Vector:
        """Return the pose of one of its frames, a body or a site, as `pose`.

        Raises:
            UnknownNameError: the task does not name that frame.
        """
        if frame not in self.config.frames:
            raise UnknownNameError('frame', frame, f'object {self.name}', self.config.frames)
        name, model = f'{self.name}/{frame}', self._model
        body = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, name)
        if body >= 0:
            return np.concatenate([data.xpos[body], data.xquat[body]])
        site = data.site(name)
        quaternion = np.empty(4)
        mujoco.mju_mat2Quat(quaternion, site.xmat)
        return np.concatenate([site.xpos, quaternion])

    def _extent(self) -> tuple[Vector, Vector]:
        """Return the lowest and the highest corner of its shape in its own frame, as it stands."""
        model, found = self._model, []
        for geom in self.geoms:
            points, body = surface_points(model, [geom]), int(model.geom_bodyid[geom])
            while body != self.body:
                points = _turned(model.body_quat[body], points) + model.body_pos[body]
                body = int(model.body_parentid[body])
            found.append(points)
        every = np.concatenate(found)
        return every.min(axis=0), every.max(axis=0)


def _turned(wxyz: Vector, points: Vector) -> Vector:
    rotation = np.empty(9)
    mujoco.mju_quat2Mat(rotation, wxyz)
    turned: Vector = points @ rotation.reshape(3, 3).T
    return turned
