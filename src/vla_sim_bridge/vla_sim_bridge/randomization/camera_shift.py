"""How far a camera of an episode is from where it was placed, and from what is said of it."""

from dataclasses import dataclass

import mujoco
import numpy as np
from vla_contract.transforms import invert, make_transform
from vla_contract.values import Vector
from vla_sim_bridge.randomization.stage import Stage


@dataclass(frozen=True, eq=False)
class CameraShift:
    """One camera in one episode.

    Attributes:
        T_placed_drawn: pose of the optical frame as drawn, in that as placed, shape (4, 4).
        zoom: focal length as drawn over that as placed.
        hand_eye: error of the published pose: position in the parent frame [m], and a turn about
            the camera's axes [rad], shape (6,).
    """

    T_placed_drawn: Vector
    zoom: float
    hand_eye: Vector


def camera_shifts(stage: Stage) -> tuple[CameraShift, ...]:
    """Return the shifts of all cameras, in the cell's order."""
    model, shifts = stage.model, []
    for camera, hand_eye in zip(stage.cameras, stage.hand_eye.copy(), strict=True):
        placed = _pose(stage.authored('cam_pos')[camera], stage.authored('cam_quat')[camera])
        drawn = _pose(model.cam_pos[camera], model.cam_quat[camera])
        before, now = np.radians([stage.authored('cam_fovy')[camera], model.cam_fovy[camera]]) / 2
        zoom = float(np.tan(before) / np.tan(now))
        shifts.append(CameraShift(invert(placed) @ drawn, zoom, hand_eye))
    return tuple(shifts)


def _pose(position: Vector, wxyz: Vector) -> Vector:
    """Return the pose of the optical frame of a MuJoCo camera, which looks along its -z."""
    rotation = np.empty(9)
    mujoco.mju_quat2Mat(rotation, wxyz)
    return make_transform(position, rotation.reshape(3, 3) @ np.diag([1.0, -1.0, -1.0]))
