"""Ways in which policies say a rotation in numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from vla_contract import so3
from vla_contract.errors import PolicyError
from vla_contract.values import Vector

# A unit quaternion or a unit vector that a network has predicted is shorter only by mistake.
_SHORTEST = 0.1
_TURN = 2.0 * np.pi


@dataclass(frozen=True)
class RotationNumbers:
    """One way to say a rotation.

    Attributes:
        names: of the numbers, in their order.
        is_angle: whether the numbers are angles [rad], which can be scaled.
        write: numbers of matrices, shape (..., 3, 3) to (..., n), near a rotation that is given
            as roll, pitch and yaw [rad], shape (3,).
        read: matrix of numbers, shape (n,) to (3, 3).
    """

    names: tuple[str, ...]
    is_angle: bool
    write: Callable[[Vector, Vector], Vector]
    read: Callable[[Vector], Vector]


def _quaternions(matrices: Vector, near: Vector) -> Vector:
    """Return quaternions xyzw; of the two of a rotation the one nearer to the given one."""
    flat = so3.Rotation.from_matrix(matrices.reshape(-1, 3, 3)).as_quat(canonical=True)
    reference = so3.Rotation.from_euler('xyz', near).as_quat(canonical=True)
    flat[flat @ reference < 0.0] *= -1.0
    quaternions: Vector = flat.reshape(*matrices.shape[:-2], 4)
    return quaternions


def _rotation_vectors(matrices: Vector, near: Vector) -> Vector:
    """Return axis times angle, 0 to 2 pi: as robosuite's quat2axisangle of `_quaternions`."""
    quaternions = _quaternions(matrices, near)
    sine = np.linalg.norm(quaternions[..., :3], axis=-1, keepdims=True)  # of half the angle
    angle = 2.0 * np.arctan2(sine, quaternions[..., 3:])
    is_turned = sine > 1e-12
    size = np.where(is_turned, angle / np.where(is_turned, sine, 1.0), 2.0)
    vectors: Vector = size * quaternions[..., :3]
    return vectors


def _angles(matrices: Vector, near: Vector) -> Vector:
    """Return roll, pitch and yaw; roll and yaw within half a turn of those given."""
    turns = so3.Rotation.from_matrix(matrices.reshape(-1, 3, 3))
    angles = turns.as_euler('xyz', suppress_warnings=True).reshape(*matrices.shape[:-2], 3)
    wrapped: Vector = angles + _TURN * np.round((near - angles) / _TURN) * [1.0, 0.0, 1.0]
    return wrapped


def _two_vectors(matrices: Vector) -> Vector:
    flat: Vector = matrices[..., :2, :].reshape(*matrices.shape[:-2], 6)
    return flat


def _matrix_of_quaternion(xyzw: Vector) -> Vector:
    length = float(np.linalg.norm(xyzw))
    if not length >= _SHORTEST:
        raise PolicyError(
            f'a quaternion of length {length:.3g} is no rotation; allowed: a length of 1'
        )
    matrix: Vector = so3.Rotation.from_quat(xyzw).as_matrix()
    return matrix


def _rows_of_two_vectors(numbers: Vector) -> Vector:
    """Return a rotation whose first rows are two vectors, made orthonormal by Gram and Schmidt."""
    first, second = numbers[:3], numbers[3:]
    length = float(np.linalg.norm(first))
    x = first / max(length, _SHORTEST)
    across = second - (x @ second) * x
    width = float(np.linalg.norm(across))
    if not min(length, width) >= _SHORTEST:
        raise PolicyError(
            f'six numbers of a rotation hold vectors {np.round(first, 3).tolist()} and '
            f'{np.round(second, 3).tolist()}; allowed: two of length 1, at a right angle'
        )
    y = across / width
    return np.stack([x, y, np.cross(x, y)])


def _transposed(matrices: Vector) -> Vector:
    return np.swapaxes(matrices, -1, -2)


ROTATIONS = {
    # About fixed x, y, z, as transforms3d's 'sxyz' and BridgeData's roll, pitch, yaw.
    'rpy': RotationNumbers(
        ('roll', 'pitch', 'yaw'),
        True,
        _angles,
        lambda numbers: so3.Rotation.from_euler('xyz', numbers).as_matrix(),
    ),
    'rotvec': RotationNumbers(
        ('rx', 'ry', 'rz'),
        True,
        _rotation_vectors,
        lambda numbers: so3.Rotation.from_rotvec(numbers).as_matrix(),
    ),
    'quaternion_xyzw': RotationNumbers(
        ('qx', 'qy', 'qz', 'qw'), False, _quaternions, _matrix_of_quaternion
    ),
    'quaternion_wxyz': RotationNumbers(
        ('qw', 'qx', 'qy', 'qz'),
        False,
        lambda matrices, near: _quaternions(matrices, near)[..., [3, 0, 1, 2]],
        lambda numbers: _matrix_of_quaternion(numbers[[1, 2, 3, 0]]),
    ),
    # The first two columns (Zhou et al., 'On the Continuity of Rotation Representations in Neural
    # Networks', CVPR 2019, equation 14): X-VLA, mat_to_rotate6d of lerobot/policies/xvla/utils.py.
    'rot6d_columns': RotationNumbers(
        ('r11', 'r21', 'r31', 'r12', 'r22', 'r32'),
        False,
        lambda matrices, near: _two_vectors(_transposed(matrices)),
        lambda numbers: _transposed(_rows_of_two_vectors(numbers)),
    ),
    # The first two rows: pytorch3d's matrix_to_rotation_6d, UMI's and Diffusion Policy's poses,
    # and GR00T, rot6d_to_matrix of lerobot/policies/groot/utils.py.
    'rot6d_rows': RotationNumbers(
        ('r11', 'r12', 'r13', 'r21', 'r22', 'r23'),
        False,
        lambda matrices, near: _two_vectors(matrices),
        _rows_of_two_vectors,
    ),
}
"""By the word for it in a policy file."""
