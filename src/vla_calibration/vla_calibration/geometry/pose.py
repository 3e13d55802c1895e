"""Poses that name their frames, so that a wrong direction is an error and not half a metre.

Two hand-eye inputs, both inverted, give a small residual and a wrong answer: no number reveals
it. A pose that knows which frame it is in, and which frame it is of, does.
"""

from dataclasses import dataclass

import numpy as np
from vla_contract import so3
from vla_contract.errors import VlaError
from vla_contract.transforms import invert, make_transform
from vla_contract.values import Vector

# A quaternion typed with four digits is off by less.
_UNIT_TOLERANCE = 1e-3


class FrameError(VlaError):
    """Two poses were put together whose frames do not meet."""


@dataclass(frozen=True, eq=False)
class Pose:
    """The pose of frame `child` in frame `parent`: T maps coordinates in child to parent.

    Attributes:
        parent: name of the frame the numbers are in.
        child: name of the frame that is described.
        T: shape (4, 4), rigid [m].
    """

    parent: str
    child: str
    T: Vector

    def __post_init__(self) -> None:
        T = np.array(self.T, dtype=np.float64)
        what = f'pose of {self.child} in {self.parent}'
        if T.shape != (4, 4) or not np.isfinite(T).all():
            raise VlaError(f'{what}: found shape {T.shape}; allowed: a finite 4x4 matrix')
        rotation = T[:3, :3]
        if np.abs(rotation @ rotation.T - np.eye(3)).max() > _UNIT_TOLERANCE:
            raise VlaError(f'{what}: found a matrix that is no rotation')
        if np.linalg.det(rotation) < 0.0:
            raise VlaError(f'{what}: found a reflection (determinant -1); allowed: a rotation')
        T.setflags(write=False)
        object.__setattr__(self, 'T', T)

    @classmethod
    def from_xyzw(cls, parent: str, child: str, position: Vector, quaternion: Vector) -> 'Pose':
        """Build a pose from a position, shape (3,) [m], and a quaternion xyzw, shape (4,).

        Raises:
            VlaError: a number is not finite, or the quaternion has no unit length.
        """
        q = np.asarray(quaternion, dtype=np.float64)
        norm = float(np.linalg.norm(q)) if q.shape == (4,) else 0.0
        if not abs(norm - 1.0) <= _UNIT_TOLERANCE:
            raise VlaError(
                f'pose of {child} in {parent}: quaternion {q.tolist()} has length {norm:.3g}; '
                'allowed: xyzw of length 1'
            )
        rotation = so3.Rotation.from_quat(q / norm).as_matrix()
        return cls(parent, child, make_transform(np.asarray(position, float), rotation))

    @property
    def position(self) -> Vector:
        """Origin of the child in the parent, shape (3,) [m]."""
        return self.T[:3, 3]

    @property
    def rotation(self) -> Vector:
        """Rotation matrix, shape (3, 3)."""
        return self.T[:3, :3]

    @property
    def quaternion(self) -> Vector:
        """Quaternion xyzw with w >= 0, shape (4,)."""
        return np.asarray(so3.Rotation.from_matrix(self.rotation).as_quat(canonical=True))

    def inverse(self) -> 'Pose':
        """Return the pose of the parent in the child."""
        return Pose(self.child, self.parent, invert(self.T))

    def __matmul__(self, other: 'Pose') -> 'Pose':
        """Chain two poses: (a <- b) @ (b <- c) = (a <- c).

        Raises:
            FrameError: the second pose is not in the first one's child frame.
        """
        if self.child != other.parent:
            raise FrameError(
                f'cannot chain the pose of {self.child} in {self.parent} with the pose of '
                f'{other.child} in {other.parent}: {self.child} is not {other.parent}'
            )
        return Pose(self.parent, other.child, self.T @ other.T)


def require_frames(pose: Pose, parent: str, child: str) -> Pose:
    """Return the pose if it has these frames.

    Raises:
        FrameError: it has others; says when it is the inverse that was given.
    """
    if (pose.parent, pose.child) == (parent, child):
        return pose
    hint = ' (it is the inverse)' if (pose.child, pose.parent) == (parent, child) else ''
    raise FrameError(
        f'found the pose of {pose.child} in {pose.parent}{hint}; '
        f'needed: the pose of {child} in {parent}'
    )
