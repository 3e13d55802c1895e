"""A calibrated camera: pinhole with the distortion models that ROS and OpenCV share."""

from dataclasses import dataclass

import cv2
import numpy as np
from vla_contract.cameras.calibration import COEFFICIENTS
from vla_contract.errors import VlaError
from vla_contract.values import Vector


@dataclass(frozen=True, eq=False)
class Lens:
    """Intrinsics of one camera at one resolution.

    Attributes:
        width: image width [px].
        height: image height [px].
        K: camera matrix, shape (3, 3) [px].
        distortion: coefficients, shape (n,).
        model: a name of COEFFICIENTS; equidistant is OpenCV's fisheye.
    """

    width: int
    height: int
    K: Vector
    distortion: Vector
    model: str = 'plumb_bob'

    def __post_init__(self) -> None:
        object.__setattr__(self, 'K', np.array(self.K, dtype=np.float64))
        object.__setattr__(self, 'distortion', np.array(self.distortion, dtype=np.float64).ravel())
        if self.model not in COEFFICIENTS:
            raise VlaError(
                f"lens model '{self.model}' is unknown; allowed: {', '.join(COEFFICIENTS)}"
            )
        if len(self.distortion) not in COEFFICIENTS[self.model]:
            raise VlaError(
                f'lens model {self.model}: found {len(self.distortion)} coefficients; allowed: '
                f'{" or ".join(map(str, COEFFICIENTS[self.model]))}'
            )
        if self.K.shape != (3, 3) or not np.isfinite(self.K).all() or self.K[0, 0] <= 0.0:
            raise VlaError(f'camera matrix: found {self.K.tolist()}; allowed: finite, fx > 0')

    @property
    def size(self) -> tuple[int, int]:
        """Width and height [px]."""
        return self.width, self.height

    def project(self, points: Vector, T_camera_points: Vector | None = None) -> Vector:
        """Return pixels, shape (N, 2), of points, shape (N, 3) [m].

        Args:
            points: in front of the camera, z > 0 after the transform.
            T_camera_points: pose of the points' frame in the optical frame, shape (4, 4); None
                if the points are in the optical frame.
        """
        T = np.eye(4) if T_camera_points is None else np.asarray(T_camera_points)
        rotation, _ = cv2.Rodrigues(T[:3, :3])
        points = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 1, 3)
        if self.model == 'equidistant':
            pixels, _ = cv2.fisheye.projectPoints(
                points, rotation, T[:3, 3].copy(), self.K, self.distortion
            )
        else:
            pixels, _ = cv2.projectPoints(
                points, rotation, T[:3, 3].copy(), self.K, self.distortion
            )
        return np.asarray(pixels.reshape(-1, 2), dtype=np.float64)

    def normalise(self, pixels: Vector) -> Vector:
        """Return ideal coordinates x/z, y/z, shape (N, 2), of pixels, shape (N, 2)."""
        pixels = np.ascontiguousarray(pixels, dtype=np.float64).reshape(-1, 1, 2)
        if self.model == 'equidistant':
            ideal = cv2.fisheye.undistortPoints(pixels, self.K, self.distortion)
        else:
            # The default of five rounds leaves 0.1 px with strong distortion.
            stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 100, 1e-12)
            ideal = cv2.undistortPointsIter(
                pixels, self.K, self.distortion, np.eye(3), np.eye(3), stop
            )
        return np.asarray(ideal.reshape(-1, 2), dtype=np.float64)
