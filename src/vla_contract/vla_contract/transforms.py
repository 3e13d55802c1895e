"""Rigid transforms with stated conventions.

`T_a_b` is the pose of frame b in frame a: a 4x4 matrix that maps coordinates in b to
coordinates in a. Quaternions are xyzw; MuJoCo's wxyz is converted here and nowhere else.
"""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def make_transform(position: Matrix, rotation: Matrix) -> Matrix:
    """Build T from a position, shape (3,) [m], and a rotation matrix, shape (3, 3)."""
    T = np.eye(4)
    T[:3, :3] = rotation
    T[:3, 3] = position
    return T


def invert(T: Matrix) -> Matrix:
    """Return the inverse of a rigid transform, shape (4, 4)."""
    rotation = T[:3, :3].T
    return make_transform(-rotation @ T[:3, 3], rotation)


def xyzw_from_wxyz(quaternion: Matrix) -> Matrix:
    """Reorder a quaternion of MuJoCo (wxyz) to ROS (xyzw)."""
    return np.asarray(quaternion)[..., [1, 2, 3, 0]]


def wxyz_from_xyzw(quaternion: Matrix) -> Matrix:
    """Reorder a quaternion of ROS (xyzw) to MuJoCo (wxyz)."""
    return np.asarray(quaternion)[..., [3, 0, 1, 2]]


def look_at(eye: Matrix, target: Matrix) -> Matrix:
    """Return R_world_camera of an optical frame (x right, y down, z forward) at `eye`.

    Args:
        eye: camera position, shape (3,) [m].
        target: point in the middle of the image, shape (3,) [m]; not straight above or below.
    """
    forward = np.asarray(target, dtype=np.float64) - np.asarray(eye, dtype=np.float64)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    return np.column_stack([right, np.cross(forward, right), forward])
