"""Where the arm is in the image of a calibrated camera, by its joint positions alone.

`vla_calibration.verify.verify_calibration` finds `make` by name: a camera that was pushed is told
without a board. The fingers are left out: of their linkage one joint is measured.
"""

import mujoco
import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector
from vla_sim_bridge.cameras.placed_camera import place_calibrated, PlacedCamera
from vla_sim_bridge.cameras.renderer import open_renderer
from vla_sim_bridge.scene.robot_spec import attach_robot, load_robot, ROBOT, SHOWN_GROUPS
from vla_sim_bridge.scene.scene import add_cameras

# As a real arm looks: MuJoCo's groups of visual meshes.
LOOKS = (0, 1, 2)
_HIDDEN_GROUP = 5
Mask = NDArray[np.bool_]


class Silhouette:
    """Draws the arm as one area; use it from the thread that built it."""

    def __init__(self, cell: Cell, placed: PlacedCamera, groups: tuple[int, ...]) -> None:
        """Compile the arm alone, seen by one camera.

        Args:
            cell: the one whose robot is drawn.
            placed: the camera.
            groups: of the meshes to draw: as a real arm looks, or as the simulator shows it.

        Raises:
            SimError: no OpenGL context can be made.
            ResourceNotFoundError: the robot model is not installed.
        """
        spec = mujoco.MjSpec()
        spec.visual.quality.offsamples = 0
        attach_robot(spec, load_robot(cell), cell)
        add_cameras(spec, cell, [placed])
        self._model = spec.compile()
        self._data = mujoco.MjData(self._model)
        self._placed = placed
        arm = [ROBOT + cell.joints[i].model_joint for i in cell.arm]
        self._arm = list(cell.arm)
        self._qpos = np.array([self._model.joint(name).qposadr[0] for name in arm])
        self._model.geom_group[~self._moved_by(set(arm))] = _HIDDEN_GROUP
        self._option = mujoco.MjvOption()
        self._option.geomgroup[:] = 0
        self._option.geomgroup[list(groups)] = 1
        self._renderer = open_renderer(self._model, placed.drawn_size)
        self._renderer.enable_segmentation_rendering()

    def __call__(self, joints: Vector) -> tuple[Mask, float]:
        """Draw the arm.

        Args:
            joints: positions in the cell's order, shape (D,) [rad or m].

        Returns:
            Where it is seen, shape (H, W), and its mean depth there [m]; NaN where it is not.
        """
        self._data.qpos[self._qpos] = np.asarray(joints)[self._arm]
        mujoco.mj_forward(self._model, self._data)
        self._renderer.update_scene(self._data, self._placed.camera.name, self._option)
        ids, kinds = np.moveaxis(self._renderer.render(), -1, 0)
        seen = kinds == mujoco.mjtObj.mjOBJ_GEOM
        camera = self._data.camera(self._placed.camera.name)
        depths = (camera.xpos - self._data.geom_xpos) @ camera.xmat.reshape(3, 3)[:, 2]
        depth_m = float(depths[ids[seen]].mean()) if seen.any() else float('nan')
        if self._placed.warp:
            seen = self._placed.warp.apply(np.where(seen, 255, 0).astype(np.uint8)) > 127
        return seen, depth_m

    def close(self) -> None:
        """Free the OpenGL context."""
        self._renderer.close()

    def _moved_by(self, joints: set[str]) -> Mask:
        """Return which geoms these joints and no others move, shape (ngeom,)."""
        model = self._model
        follows = np.ones(model.nbody, dtype=bool)
        # Parents come before their children.
        for body in range(1, model.nbody):
            first, count = model.body_jntadr[body], model.body_jntnum[body]
            own = {model.joint(j).name for j in range(first, first + count)}
            follows[body] = follows[model.body_parentid[body]] and own <= joints
        return np.asarray(follows[model.geom_bodyid])


def make(cell: Cell, calibration: str) -> Silhouette:
    """Draw the arm as it really looks.

    Args:
        cell: the cell that the camera belongs to.
        calibration: 'cell/camera', or the path of a calibration file.

    Raises:
        VlaError: as `placed_camera.place_calibrated` and `Silhouette`.
    """
    return _make(cell, calibration, LOOKS)


def make_simulated(cell: Cell, calibration: str) -> Silhouette:
    """Draw the arm as the simulator's cameras show it: by its collision meshes."""
    return _make(cell, calibration, SHOWN_GROUPS)


def _make(cell: Cell, calibration: str, groups: tuple[int, ...]) -> Silhouette:
    return Silhouette(cell, place_calibrated(cell, None, calibration), groups)
