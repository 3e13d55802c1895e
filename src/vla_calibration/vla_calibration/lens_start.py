"""First guesses of a lens and of the poses, good enough for the fit to find the optimum."""

import cv2
import numpy as np
from vla_calibration.lens import Lens
from vla_calibration.lens_fit import CameraState
from vla_calibration.view_stack import ViewStack
from vla_contract.values import Vector

# Focal lengths of equidistant lenses that see 180, 140 and 100 degrees over the width.
_FISHEYE_FOCAL = (1.0 / np.pi, 0.41, 0.573)


def start_pinhole(views: ViewStack, size: tuple[int, int], coefficients: int) -> CameraState:
    """Guess a pinhole camera from the homographies of the views (Zhang 2000)."""
    model = 'rational_polynomial' if coefficients == 8 else 'plumb_bob'
    theta = np.concatenate([_pinhole(views, size), np.zeros(coefficients)])
    return _with_poses(model, theta, views, size)


def start_equidistant(views: ViewStack, size: tuple[int, int]) -> CameraState:
    """Guess an equidistant lens: the focal length, of a few, that fits poses best."""
    centre = [(size[0] - 1) / 2.0, (size[1] - 1) / 2.0]
    guesses = [share * size[0] for share in _FISHEYE_FOCAL] + [float(_pinhole(views, size)[0])]
    states = [
        _with_poses('equidistant', np.array([f, f, *centre, 0, 0, 0, 0], float), views, size)
        for f in guesses
    ]
    return min(states, key=lambda state: _misfit(state, views, size))


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
    rotation, translation = [], []
    for i in range(len(views)):
        points, pixels = views.of_view(i)
        ideal = lens.normalise(pixels)
        _, vectors, positions, _ = cv2.solvePnPGeneric(
            points, ideal, np.eye(3), None, flags=cv2.SOLVEPNP_IPPE
        )
        rotation.append(cv2.Rodrigues(vectors[0])[0])
        translation.append(positions[0].ravel())
    return CameraState(model, theta, np.stack(rotation), np.stack(translation))


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
