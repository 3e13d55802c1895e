"""Rotations as vectors and back, by MuJoCo: scipy's cost a search for a grasp most of its time."""

import mujoco
import numpy as np
from vla_contract.values import Vector


def rotation_vector(rotation: Vector) -> Vector:
    """Return axis times angle of a rotation matrix, shape (3,) [rad]."""
    wxyz, turn = np.empty(4), np.empty(3)
    mujoco.mju_mat2Quat(wxyz, np.ascontiguousarray(rotation).ravel())
    mujoco.mju_quat2Vel(turn, wxyz, 1.0)
    return turn


def rotation_matrix(turn: Vector) -> Vector:
    """Return the matrix, shape (3, 3), of axis times angle, shape (3,) [rad]."""
    wxyz, rotation = np.empty(4), np.empty(9)
    angle = float(np.linalg.norm(turn))
    axis = turn / angle if angle else np.array([1.0, 0.0, 0.0])
    mujoco.mju_axisAngle2Quat(wxyz, axis, angle)
    mujoco.mju_quat2Mat(rotation, wxyz)
    return rotation.reshape(3, 3)
