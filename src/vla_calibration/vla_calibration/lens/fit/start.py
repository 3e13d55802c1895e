"""First guesses of a lens and of the poses, good enough for the fit to find the optimum."""

from dataclasses import replace

import cv2
import numpy as np
from vla_calibration.lens.fit.fit import CameraState
from vla_calibration.lens.fit.view_stack import ViewStack
from vla_calibration.lens.lens import Lens
from vla_contract.values import Vector

# Views in which focal lengths are tried.
_TRIED = 6
# Points on a line tell no pose: the board's smaller extent as a share of the larger.
_THIN = 0.02
# Focal lengths of equidistant lenses that see 180, 140 and 100 degrees over the width.
_FISHEYE_FOCAL = (1.0 / np.pi, 0.41, 0.573)


def start_pinhole(views: ViewStack, size: tuple[int, int]) -> CameraState:
    """Guess a plumb_bob camera without distortion from the homographies of the views.

    Zhang, A flexible new technique for camera calibration (2000), section 3.1. The pose of a
    view whose points cannot be a board in front of a camera is NaN.
    """
    return _with_poses('plumb_bob', np.append(_pinhole(views, size), np.zeros(4)), views, size)


def widen(state: CameraState, model: str, coefficients: int) -> CameraState:
    """Return a pinhole camera with more coefficients, all of them zero, that sees the same."""
    missing = np.zeros(4 + coefficients - len(state.theta))
    return replace(state, model=model, theta=np.append(state.theta, missing))


def start_equidistant(views: ViewStack, size: tuple[int, int], pinhole: float) -> CameraState:
    """Guess an equidistant lens: the focal length, of a few, that fits poses best.

    Args:
        views: seen by it.
        size: width and height of the images [px].
        pinhole: focal length of a pinhole camera that fits the views [px], another guess.
    """
    centre = [(size[0] - 1) / 2.0, (size[1] - 1) / 2.0]
    guesses = [share * size[0] for share in _FISHEYE_FOCAL] + [pinhole]
    # A few views tell the guesses apart.
    some = views.select(np.arange(0, len(views), max(len(views) // _TRIED, 1)))
    best = min(
        (np.array([f, f, *centre, 0, 0, 0, 0], dtype=np.float64) for f in guesses),
        key=lambda theta: _misfit(_with_poses('equidistant', theta, some, size), some, size),
    )
    return _with_poses('equidistant', best, views, size)


def _pinhole(views: ViewStack, size: tuple[int, int]) -> Vector:
    points, pixels = zip(*(views.of_view(i) for i in range(len(views))), strict=True)
    try:
        K = cv2.initCameraMatrix2D(
            [p.astype(np.float32) for p in points],
            [p.astype(np.float32).reshape(-1, 1, 2) for p in pixels], size,
        )  # fmt: skip
    except cv2.error:
        K = np.full((3, 3), np.nan)
    fx, fy, cx, cy = K[0, 0], K[1, 1], K[0, 2], K[1, 2]
    # Boards seen head-on leave the focal length open: begin with an ordinary lens.
    if not (np.isfinite([fx, fy]).all() and 0.1 < min(fx, fy) / max(size) < 20.0):
        fx = fy = float(max(size))
    if not np.isfinite([cx, cy]).all():
        cx, cy = (size[0] - 1) / 2.0, (size[1] - 1) / 2.0
    return np.array([fx, fy, cx, cy], dtype=np.float64)


def _with_poses(model: str, theta: Vector, views: ViewStack, size: tuple[int, int]) -> CameraState:
    lens = _lens(model, theta, size)
    found = []
    for i in range(len(views)):
        points, pixels = views.of_view(i)
        found.append(_pose(points, lens.normalise(pixels)))
    rotation, translation = zip(*found, strict=True)
    return CameraState(model, theta, np.stack(rotation), np.stack(translation))


def _pose(points: Vector, ideal: Vector) -> tuple[Vector, Vector]:
    """Return rotation and position of a board; NaN where its points tell none."""
    nothing = np.full((3, 3), np.nan), np.full(3, np.nan)
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    if spread[1] < _THIN * spread[0] or not np.isfinite(ideal).all():
        return nothing
    try:
        _, vectors, positions, _ = cv2.solvePnPGeneric(
            points, ideal, np.eye(3), None, flags=cv2.SOLVEPNP_IPPE
        )
    except cv2.error:
        return nothing
    for vector, position in zip(vectors, positions, strict=True):
        rotation = np.asarray(cv2.Rodrigues(vector)[0], dtype=np.float64)
        depth = points @ rotation[2] + position[2]
        # False for NaN too.
        if (depth > 0.0).all():
            return rotation, np.asarray(position.ravel(), dtype=np.float64)
    return nothing


def _lens(model: str, theta: Vector, size: tuple[int, int]) -> Lens:
    state = CameraState(model, theta, np.zeros((0, 3, 3)), np.zeros((0, 3)))
    return state.lens(size)


def _misfit(state: CameraState, views: ViewStack, size: tuple[int, int]) -> float:
    """Return the median over views of the mean squared error [px^2]."""
    lens = _lens(state.model, state.theta, size)
    errors = []
    for i in range(len(views)):
        points, pixels = views.of_view(i)
        seen = points @ state.rotation[i].T + state.translation[i]
        errors.append(float(((lens.project(seen) - pixels) ** 2).sum(axis=1).mean()))
    middle = float(np.median(errors))
    return middle if np.isfinite(middle) else np.inf
