"""The model that terms write to, and its fields as they were authored."""

import mujoco
import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector
from vla_sim_bridge.randomization.authored_model import AuthoredModel
from vla_sim_bridge.randomization.image_effects import ImageSettings
from vla_sim_bridge.randomization.signals import SignalSettings
from vla_sim_bridge.randomization.textures import Texture
from vla_sim_bridge.scene.extras import distractor_name, TABLE
from vla_sim_bridge.scene.robot_spec import ROBOT


class Stage:
    """Gives terms the handles they need; `restore` undoes them all.

    Attributes:
        model: the compiled world, whose fields are written in place.
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

    def __init__(self, model: mujoco.MjModel, cell: Cell, cubes: tuple[str, ...]) -> None:
        """Remember the authored fields of a model with these objects of the task."""
        self.model = model
        self.cameras = [model.camera(camera.name).id for camera in cell.cameras]
        self.cube_geoms = np.array([model.geom(name).id for name in cubes])
        self.cube_bodies = np.array([model.body(name).id for name in cubes])
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
        self.hand_eye = np.zeros((len(self.cameras), 6))
        self.textures: dict[str, Texture] = {}
        self.tints: dict[str, Vector] = {}
        self.needs_constants = False
        self._authored = AuthoredModel(model)

    def authored(self, field: str) -> Vector:
        """Return a field of the model as it was authored."""
        return self._authored.field(field)

    def restore(self) -> None:
        """Put back what was authored, and what follows from it."""
        self._authored.write(self.model)
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
