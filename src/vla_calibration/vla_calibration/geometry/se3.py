"""Twists of rigid motions, many at once; a twist is (rotation [rad], translation [m]).

J. Sola et al., A micro Lie theory for state estimation in robotics, 2018, with its order of
rotation and translation exchanged.
"""

import numpy as np
from vla_contract import so3
from vla_contract.values import Vector


def hat(v: Vector) -> Vector:
    """Return the matrices, shape (..., 3, 3), of the cross product with v, shape (..., 3)."""
    v = np.asarray(v, dtype=np.float64)
    matrix = np.zeros((*v.shape[:-1], 3, 3))
    matrix[..., 0, 1], matrix[..., 0, 2], matrix[..., 1, 2] = -v[..., 2], v[..., 1], -v[..., 0]
    return matrix - np.swapaxes(matrix, -1, -2)


def exp(twist: Vector) -> Vector:
    """Return the motions, shape (..., 4, 4), of twists, shape (..., 6)."""
    twist = np.asarray(twist, dtype=np.float64)
    w, v = twist[..., :3], twist[..., 3:]
    angle2 = (w**2).sum(-1)[..., None, None]
    angle = np.sqrt(angle2)
    is_small = angle < 1e-4
    safe = np.where(is_small, 1.0, angle)
    a = np.where(is_small, 1.0 - angle2 / 6.0, np.sin(safe) / safe)
    b = np.where(is_small, 0.5 - angle2 / 24.0, (1.0 - np.cos(safe)) / safe**2)
    c = np.where(is_small, 1.0 / 6.0 - angle2 / 120.0, (safe - np.sin(safe)) / safe**3)
    W = hat(w)
    WW = W @ W
    T = np.zeros((*twist.shape[:-1], 4, 4))
    T[..., :3, :3] = np.eye(3) + a * W + b * WW
    T[..., :3, 3] = v + ((b * W + c * WW) @ v[..., None])[..., 0]
    T[..., 3, 3] = 1.0
    return T


def log(T: Vector) -> Vector:
    """Return the twists, shape (..., 6), of motions, shape (..., 4, 4)."""
    w = rotation_vectors(T[..., :3, :3])
    angle2 = (w**2).sum(-1)[..., None, None]
    angle = np.sqrt(angle2)
    is_small = angle < 1e-3
    safe = np.where(is_small, 1.0, angle)
    half = safe / 2.0
    c = np.where(
        is_small, 1.0 / 12.0 + angle2 / 720.0, (1.0 - half * np.cos(half) / np.sin(half)) / safe**2
    )
    W = hat(w)
    inverse_V = np.eye(3) - 0.5 * W + c * (W @ W)
    v = (inverse_V @ T[..., :3, 3, None])[..., 0]
    return np.concatenate([w, v], axis=-1)


def rotation_vectors(rotations: Vector) -> Vector:
    """Return the rotation vectors, shape (..., 3) [rad], of matrices, shape (..., 3, 3)."""
    flat = np.asarray(rotations, dtype=np.float64).reshape(-1, 3, 3)
    vectors: Vector = so3.Rotation.from_matrix(flat).as_rotvec().reshape(rotations.shape[:-1])
    return vectors


def adjoint(T: Vector) -> Vector:
    """Return the matrices, shape (..., 6, 6), that move twists: T exp(x) = exp(Ad x) T."""
    R = T[..., :3, :3]
    matrix = np.zeros((*T.shape[:-2], 6, 6))
    matrix[..., :3, :3] = matrix[..., 3:, 3:] = R
    matrix[..., 3:, :3] = hat(T[..., :3, 3]) @ R
    return matrix


def inverse(T: Vector) -> Vector:
    """Return the inverses of rigid motions, shape (..., 4, 4)."""
    result = np.zeros_like(T)
    R = np.swapaxes(T[..., :3, :3], -1, -2)
    result[..., :3, :3] = R
    result[..., :3, 3] = -(R @ T[..., :3, 3, None])[..., 0]
    result[..., 3, 3] = 1.0
    return result


def inverse_right_jacobian(twist: Vector) -> Vector:
    """Return Jr^-1, shape (..., 6, 6): log(exp(r) exp(d)) = r + Jr^-1(r) d.

    The series I + ad/2 + ad^2/12; its next term is of fourth order in the residual.
    """
    small = np.zeros((*twist.shape[:-1], 6, 6))
    W = hat(twist[..., :3])
    small[..., :3, :3] = small[..., 3:, 3:] = W
    small[..., 3:, :3] = hat(twist[..., 3:])
    result: Vector = np.eye(6) + 0.5 * small + small @ small / 12.0
    return result


def median_pose(T: Vector) -> Vector:
    """Return a pose near the middle of poses, shape (n, 4, 4), whatever a minority says."""
    angles = np.linalg.norm(
        rotation_vectors(np.swapaxes(T[:, None, :3, :3], -1, -2) @ T[None, :, :3, :3]), axis=-1
    )
    result: Vector = T[int(np.median(angles, axis=1).argmin())].copy()
    result[:3, 3] = np.median(T[:, :3, 3], axis=0)
    return result
