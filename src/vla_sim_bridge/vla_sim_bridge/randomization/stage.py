"""The model that terms write to, and its fields as they were authored."""

from collections.abc import Iterator
from contextlib import contextmanager

import mujoco
import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.errors import SimError
from vla_contract.values import Vector
from vla_sim_bridge.randomization.address import AT, CAMERA, Groups, OBJECT, reached
from vla_sim_bridge.randomization.authored_model import AuthoredModel
from vla_sim_bridge.randomization.handles import ObjectHandles
from vla_sim_bridge.randomization.image_effects import ImageSettings
from vla_sim_bridge.randomization.signals import SignalSettings
from vla_sim_bridge.randomization.textures import Texture
from vla_sim_bridge.scene.extras import distractor_name, TABLE
from vla_sim_bridge.scene.robot_spec import ROBOT


class Stage:
    """Gives terms the handles they need; `restore` undoes them all.

    Those of objects and cameras are of all that there are, or of what a term addresses.

    Attributes:
        model: the compiled world, whose fields are written in place.
        cameras: in the model.
        camera_rows: which of the cell's cameras these are.
        object_geoms: of the task's objects that can be moved, their parts among them, shape (n,).
        object_bodies: likewise, shape (m,).
        scalable_geoms: those of objects of one body, shape (k,).
        object_meshes: that these geoms show, each with its vertices in `mesh_vert`.
        middle: of the area of the first object, where it is authored, shape (2,) [m].
        several_objects: whether there are more than one of them.
        arm_dofs: degrees of freedom of the arm, shape (n,).
        arm_actuators: its servos, shape (n,).
        command_period_s: time between two commands to the arm [s].
        frame_period_s: time between two images [s].
        image: what happens to every image after rendering.
        signals: latencies and what the encoders say.
        hand_eye: error of each camera's published pose, shape (cameras, 6) [m, rad].
        textures: name of a texture to its replacement.
        tints: name of a texture to factors on its red, green and blue.
        needs_constants: whether derived quantities (mj_setConst) must be computed again.
    """

    def __init__(self, model: mujoco.MjModel, cell: Cell, objects: tuple[str, ...]) -> None:
        """Remember the authored fields of a model with these movable objects of the task."""
        self.model = model
        self._objects = objects
        self._cameras = tuple(camera.name for camera in cell.cameras)
        self._reach(objects, self._cameras)
        # Of all meshes only these change: the robot's are large.
        self._authored_vertices = {
            mesh: model.mesh_vert[rows].copy() for mesh, rows in self.object_meshes.items()
        }
        self.several_objects = len(objects) > 1
        first = model.body(objects[0]).id if objects else 0
        self.middle = model.body_pos[first, :2].copy()
        self.table_geom = int(model.geom(TABLE).id)
        names = {model.geom(i).name: i for i in range(model.ngeom)}
        self.distractors = [
            names[distractor_name(k)] for k in range(model.ngeom) if distractor_name(k) in names
        ]
        joints = [cell.joints[i] for i in cell.arm]
        self.arm_dofs = np.array(
            [model.joint(ROBOT + joint.model_joint).dofadr[0] for joint in joints]
        )
        self.arm_actuators = np.array([model.actuator(ROBOT + joint.name).id for joint in joints])
        self.command_period_s = 1.0 / cell.rates.filter_hz
        self.frame_period_s = 1.0 / max(camera.rate_hz for camera in cell.cameras)
        self.image = ImageSettings()
        self.signals = SignalSettings()
        self.hand_eye = np.zeros((len(self._cameras), 6))
        self.textures: dict[str, Texture] = {}
        self.tints: dict[str, Vector] = {}
        self.needs_constants = False
        self._authored = AuthoredModel(model)

    @contextmanager
    def addressing(self, key: str, groups: Groups) -> Iterator[None]:
        """Have a term reach some objects or cameras only, while it runs.

        Args:
            key: of the term, with what it addresses.
            groups: words that stand for several objects.

        Raises:
            SimError: it reaches nothing.
        """
        if AT not in key:
            yield
            return
        objects = reached(key, OBJECT, self._objects, groups)
        self._reach(objects, reached(key, CAMERA, self._cameras, {}))
        try:
            yield
        finally:
            self._reach(self._objects, self._cameras)

    def _reach(self, objects: tuple[str, ...], cameras: tuple[str, ...]) -> None:
        handles = ObjectHandles.of(self.model, objects)
        self.object_bodies, self.object_geoms = handles.bodies, handles.geoms
        self.scalable_geoms, self.object_meshes = handles.scalable_geoms, handles.meshes
        self.cameras = [self.model.camera(name).id for name in cameras]
        self.camera_rows = [self._cameras.index(name) for name in cameras]

    def authored(self, field: str) -> Vector:
        """Return a field of the model as it was authored."""
        return self._authored.field(field)

    def require_objects(self, term: str) -> None:
        """Refuse a term of objects where none can be moved.

        Raises:
            SimError: says that it has no effect.
        """
        if not len(self.object_geoms):
            raise SimError(f'term {term}: has no effect here: every object of the task is fixed')

    def restore(self) -> None:
        """Put back what was authored, and what follows from it."""
        self._authored.write(self.model)
        for mesh, rows in self.object_meshes.items():
            self.model.mesh_vert[rows] = self._authored_vertices[mesh]
        self.image = ImageSettings()
        self.signals = SignalSettings()
        self.hand_eye[:] = 0.0
        self.textures = {}
        self.tints = {}
        self.needs_constants = False

    def finish(self, data: mujoco.MjData) -> None:
        """Compute what depends on masses and sizes, once after all terms."""
        if self.needs_constants:
            # It moves the state to the reference pose and back through the whole pipeline, so it
            # gets a state of its own.
            mujoco.mj_setConst(self.model, data)
            self.needs_constants = False
