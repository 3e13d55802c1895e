"""Points in the frames of poses, position [m] and wxyz, shape (7,)."""

import mujoco
import numpy as np
from vla_contract.values import Vector


def in_base(point: Vector, pose: Vector) -> Vector:
    """Return a point of a pose's frame, shape (3,), in the base frame."""
    moved: Vector = pose[:3] + _rotation(pose) @ point
    return moved


def in_frame(point: Vector, pose: Vector) -> Vector:
    """Return a point of the base frame, shape (3,), in a pose's frame."""
    inside: Vector = _rotation(pose).T @ (point - pose[:3])
    return inside


def _rotation(pose: Vector) -> Vector:
    rotation = np.empty(9)
    mujoco.mju_quat2Mat(rotation, pose[3:])
    return rotation.reshape(3, 3)
