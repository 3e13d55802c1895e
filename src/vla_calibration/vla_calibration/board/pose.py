"""The pose of a planar board in one view, with its covariance and its second answer.

A plane seen from afar has two poses that fit: one tilted this way, one tilted that way. Both are
computed; where the second fits almost as well, the view says so instead of guessing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from vla_calibration.board.detection import Detection
from vla_calibration.geometry import se3
from vla_calibration.lens.lens import Lens
from vla_contract.errors import VlaError
from vla_contract.transforms import make_transform
from vla_contract.values import Vector

# The other branch must fit at least twice as badly.
_SMALLEST_BRANCH_RATIO = 2.0
# Two branches that end nearer than this are one.
_SAME_BRANCH_RAD = np.radians(0.5)
_FEWEST_POINTS = 6
# A detector of corners is never better than this: keeps noise-free input finite [px].
_SMALLEST_SIGMA_PX = 0.01


class BoardPoseError(VlaError):
    """The pose of a board cannot be computed from what is seen of it."""


@dataclass(frozen=True, eq=False)
class BoardPose:
    """Pose of a board in the optical frame of a camera.

    Attributes:
        T_camera_board: shape (4, 4) [m].
        information: inverse covariance for corners of 1 px noise, shape (6, 6), of the left
            twist in the camera frame: T_true = exp(twist) T_camera_board.
        residual_px: found minus projected, shape (n, 2).
        rms_px: root of the mean squared distance per point.
        other_T: the second planar solution, or None where there is none.
        second_rms_px: how well that fits; infinite where there is none.
    """

    T_camera_board: Vector
    information: Vector
    residual_px: Vector
    rms_px: float
    second_pose: Vector | None
    second_rms_px: float

    @property
    def branch_ratio(self) -> float:
        """How many times worse the second planar solution fits; infinite where there is none."""
        return self.second_rms_px / max(self.rms_px, 1e-9)

    @property
    def is_ambiguous(self) -> bool:
        """Whether the second planar solution fits almost as well."""
        return self.branch_ratio < _SMALLEST_BRANCH_RATIO

    def covariance(self, sigma_px: float) -> Vector:
        """Return the covariance of the left twist, shape (6, 6), for this corner noise [px]."""
        return np.asarray(sigma_px**2 * np.linalg.inv(self.information), dtype=np.float64)


def board_pose(detection: Detection, lens: Lens) -> BoardPose:
    """Compute both planar poses by IPPE (Collins and Bartoli 2014) and refine them in pixels.

    Raises:
        BoardPoseError: too few points, all on a line, or behind the camera.
    """
    if len(detection) < _FEWEST_POINTS:
        raise BoardPoseError(
            f'pose of a board: found {len(detection)} points; needed: {_FEWEST_POINTS} or more'
        )
    spread = np.linalg.svd(detection.points - detection.points.mean(axis=0), compute_uv=False)
    if spread[1] < 1e-3 * spread[0]:
        raise BoardPoseError('pose of a board: all points found are on one line')
    fits = [_refine(start, detection, lens) for start in _starts(detection, lens)]
    in_front = [fit for fit in fits if fit is not None]
    if not in_front:
        raise BoardPoseError('pose of a board: no solution lies in front of the camera')
    best, *others = sorted(in_front, key=lambda fit: fit.rms_px)
    if not others or _is_same(best.T_camera_board, others[0].T_camera_board):
        return best
    return BoardPose(
        best.T_camera_board, best.information, best.residual_px, best.rms_px,
        others[0].T_camera_board, others[0].rms_px,
    )  # fmt: skip


def pose_information(T_camera_board: Vector, points: Vector, lens: Lens) -> Vector:
    """Return what corners of 1 px noise tell about a board's pose, shape (6, 6).

    Of the left twist in the camera frame, rotation first.

    Args:
        T_camera_board: shape (4, 4) [m].
        points: points in view, shape (n, 3) [m].
        lens: the camera.
    """
    _, jacobian = _projection(T_camera_board, points, lens)
    information: Vector = jacobian.T @ jacobian
    return information


def corner_noise_px(poses: Sequence[BoardPose]) -> float:
    """Return the noise of a corner per coordinate, pooled over views [px]."""
    squares = sum(float((pose.residual_px**2).sum()) for pose in poses)
    freedom = sum(pose.residual_px.size - 6 for pose in poses)
    return max(float(np.sqrt(squares / max(freedom, 1))), _SMALLEST_SIGMA_PX)


def _starts(detection: Detection, lens: Lens) -> list[Vector]:
    """Return the poses that IPPE finds on ideal coordinates."""
    try:
        _, turns, positions, _ = cv2.solvePnPGeneric(
            # As if the board were flat, which is where to begin.
            detection.points * [1.0, 1.0, 0.0], lens.normalise(detection.pixels), np.eye(3), None,
            flags=cv2.SOLVEPNP_IPPE,
        )  # fmt: skip
    except cv2.error:
        return []
    starts = []
    for turn, position in zip(turns, positions, strict=True):
        starts.append(make_transform(position.ravel(), cv2.Rodrigues(turn)[0]))
    return [T for T in starts if np.isfinite(T).all()]


def _refine(T: Vector, detection: Detection, lens: Lens) -> BoardPose | None:
    """Minimise the squared pixel error by Levenberg-Marquardt; None if it leaves the front."""
    damping = 1e-6
    residual, jacobian = _linearise(T, detection, lens)
    for _ in range(30):
        information = jacobian.T @ jacobian
        damped = information + damping * np.diag(information.diagonal())
        step: Vector = np.asarray(np.linalg.solve(damped, jacobian.T @ residual))
        # As far as rounding lets it come; from here on no step can be better.
        if np.abs(step).max() < 1e-8:
            break
        trial = se3.exp(step) @ T
        if (_in_camera(trial, detection.points)[:, 2] <= 0.0).any():
            return None
        new_residual, new_jacobian = _linearise(trial, detection, lens)
        if new_residual @ new_residual <= residual @ residual:
            T, residual, jacobian = trial, new_residual, new_jacobian
            damping /= 10.0
        else:
            damping *= 10.0
            if damping > 1e6:
                break
    by_point = residual.reshape(-1, 2)
    rms_px = float(np.sqrt((by_point**2).sum(axis=1).mean()))
    return BoardPose(T, jacobian.T @ jacobian, by_point, rms_px, None, float('inf'))


def _linearise(T: Vector, detection: Detection, lens: Lens) -> tuple[Vector, Vector]:
    """Return found minus projected, shape (2n,), and d projected / d left twist, (2n, 6)."""
    pixels, jacobian = _projection(T, detection.points, lens)
    return (detection.pixels - pixels).ravel(), jacobian


def _projection(T: Vector, points: Vector, lens: Lens) -> tuple[Vector, Vector]:
    """Return pixels, shape (n, 2), and d pixels / d left twist, (2n, 6)."""
    P = _in_camera(T, points)
    pixels, by_point = _project(lens, P)
    twist_to_point = np.concatenate([-se3.hat(P), np.broadcast_to(np.eye(3), (len(P), 3, 3))], 2)
    return pixels, (by_point @ twist_to_point).reshape(-1, 6)


def _project(lens: Lens, P: Vector) -> tuple[Vector, Vector]:
    """Return pixels, shape (n, 2), and d pixel / d point, (n, 2, 3), of points in the camera."""
    points, zero = np.ascontiguousarray(P).reshape(-1, 1, 3), np.zeros(3)
    if lens.model == 'equidistant':
        pixels, J = cv2.fisheye.projectPoints(points, zero, zero, lens.K, lens.distortion)
        return pixels.reshape(-1, 2), J[:, 11:14].reshape(-1, 2, 3)
    pixels, J = cv2.projectPoints(points, zero, zero, lens.K, lens.distortion)
    return pixels.reshape(-1, 2), J[:, 3:6].reshape(-1, 2, 3)


def _in_camera(T: Vector, points: Vector) -> Vector:
    P: Vector = points @ T[:3, :3].T + T[:3, 3]
    return P


def _is_same(first: Vector, second: Vector) -> bool:
    turn = se3.rotation_vectors(first[:3, :3].T @ second[:3, :3])
    return bool(np.linalg.norm(turn) < _SAME_BRANCH_RAD)
