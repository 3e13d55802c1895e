"""How a board lies before the camera, in the words a person moves it by."""

from dataclasses import dataclass

import numpy as np
from vla_contract.values import Vector

# Views steeper than this pin down the focal length; head-on views alone do not at all.
TILTED_DEG = 20.0


@dataclass(frozen=True)
class ViewGeometry:
    """How the board lies before the camera.

    Attributes:
        tilt_deg: between the board's normal and the line of sight to its middle [deg].
        distance_m: of its middle from the camera [m].
        turn_deg: of its rows about the line of sight [deg].
    """

    tilt_deg: float
    distance_m: float
    turn_deg: float


def view_geometry(T_camera_board: Vector, points: Vector) -> ViewGeometry:
    """Describe a view of the board whose points, shape (n, 3) [m], are given."""
    rotation = T_camera_board[:3, :3]
    middle = rotation @ points.mean(axis=0) + T_camera_board[:3, 3]
    distance = float(np.linalg.norm(middle))
    cosine = abs(float(rotation[:, 2] @ middle)) / distance
    turn = float(np.degrees(np.arctan2(rotation[1, 0], rotation[0, 0])))
    return ViewGeometry(float(np.degrees(np.arccos(min(1.0, cosine)))), distance, turn)
