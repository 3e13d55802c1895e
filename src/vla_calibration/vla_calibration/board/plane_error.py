"""Where the seen pixels meet the predicted board: an error in millimetres that needs no PnP."""

from collections.abc import Sequence

import numpy as np
from vla_calibration.geometry import se3
from vla_calibration.hand_eye.solve.problem import View
from vla_calibration.lens.lens import Lens
from vla_contract.values import Vector


def plane_errors(views: Sequence[View], lens: Lens, predicted: Vector) -> Vector:
    """Return the distance on the board between each seen point and its place, shape (m,) [mm].

    The "3-D reprojection error" of ros-industrial's industrial_calibration.

    Args:
        views: with pixels.
        lens: of the camera.
        predicted: the board in the camera, shape (n, 4, 4).
    """
    errors = []
    for view, T in zip(views, predicted, strict=True):
        if view.pixels is None or view.points is None:
            continue
        ideal = lens.normalise(view.pixels)
        rays = np.concatenate([ideal, np.ones((len(ideal), 1))], axis=1)
        T_board_camera = se3.inverse(T)
        origin, rays = T_board_camera[:3, 3], rays @ T_board_camera[:3, :3].T
        # At the height of each point: a board may bow.
        hits = origin - rays * ((origin[2] - view.points[:, 2]) / rays[:, 2])[:, None]
        errors.append(1000.0 * np.linalg.norm(hits - view.points, axis=1))
    joined: Vector = np.concatenate(errors)
    return joined
