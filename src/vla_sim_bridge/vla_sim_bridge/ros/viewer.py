"""The MuJoCo window beside a running simulation."""

import os

import mujoco
import mujoco.viewer
import numpy as np
from numpy.typing import NDArray
from vla_contract.errors import SimError


class Viewer:
    """Shows copied states; closing the window ends nothing."""

    def __init__(self, model: mujoco.MjModel) -> None:
        """Open the window.

        Raises:
            SimError: there is no display.
        """
        # Without a display GLFW ends the whole process.
        if not (os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')):
            raise SimError(
                'cannot open the MuJoCo viewer: neither DISPLAY nor WAYLAND_DISPLAY is set; '
                'set headless to true or start it in a desktop session'
            )
        self._model = model
        self._data = mujoco.MjData(model)
        self._window = mujoco.viewer.launch_passive(
            model, self._data, show_left_ui=False, show_right_ui=False
        )

        camera = self._window.cam
        camera.lookat[:] = (0.35, 0.0, 0.25)
        camera.distance, camera.azimuth, camera.elevation = 1.9, 135.0, -20.0

    def show(self, qpos: NDArray[np.float64]) -> None:
        """Show a joint vector of the whole model, shape (nq,)."""
        if self._window.is_running():
            with self._window.lock():
                self._data.qpos[:] = qpos
                mujoco.mj_forward(self._model, self._data)
            self._window.sync()

    def close(self) -> None:
        """Close the window."""
        self._window.close()
