"""The MuJoCo window beside a running simulation."""

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
        self._model = model
        self._data = mujoco.MjData(model)
        try:
            self._window = mujoco.viewer.launch_passive(
                model, self._data, show_left_ui=False, show_right_ui=False
            )
        except Exception as error:
            raise SimError(
                f'cannot open the MuJoCo viewer ({error}); set headless to true or DISPLAY'
            ) from error

    def show(self, qpos: NDArray[np.float64]) -> None:
        """Show a joint vector of the whole model, shape (nq,)."""
        if self._window.is_running():
            with self._window.lock():
                self._data.qpos[:] = qpos
                mujoco.mj_forward(self._model, self._data)
            self._window.sync()
