"""OpenCV's hand-eye methods behind one interface; what they return is checked.

They fail silently: identity where rotations are small (Tsai, the default), a reflection with bad
data (Park), NaN or metres off where axes are parallel. Each becomes a rejection that says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from vla_calibration.geometry import se3
from vla_calibration.hand_eye.solve.problem import HandEyeError, Problem
from vla_contract.transforms import make_transform
from vla_contract.values import Vector

# Nobody mounts a camera further from a gripper or a robot base.
_FURTHEST_M = 10.0
FEWEST_VIEWS = 3
# The most trustworthy: Andreff and Li are biased under noise, Tsai gives up on small rotations.
START_METHODS = ('PARK', 'HORAUD', 'DANIILIDIS')


@dataclass(frozen=True, eq=False)
class MethodResult:
    """What one method says.

    Attributes:
        name: name of the method.
        X: camera in carrier, shape (4, 4); None where the answer was rejected.
        rejection: why it was, else empty.
    """

    name: str
    X: Vector | None
    rejection: str = ''


def _hand_eye(method: int) -> Callable[[Problem], Vector]:
    def solve(problem: Problem) -> Vector:
        R, t = cv2.calibrateHandEye(*_split(problem.A), *_split(problem.B), method=method)
        return make_transform(np.asarray(t).ravel(), np.asarray(R))

    return solve


def _robot_world(method: int) -> Callable[[Problem], Vector]:
    def solve(problem: Problem) -> Vector:
        world2cam, base2gripper = _split(problem.B), _split(se3.inverse(problem.A))
        _, _, R, t = cv2.calibrateRobotWorldHandEye(*world2cam, *base2gripper, method=method)
        R = np.asarray(R)
        return make_transform(-R.T @ np.asarray(t).ravel(), R.T)

    return solve


def _split(T: Vector) -> tuple[list[Vector], list[Vector]]:
    """Return rotations and positions as cv2 takes them."""
    return list(T[:, :3, :3]), list(T[:, :3, 3])


METHODS: dict[str, Callable[[Problem], Vector]] = {
    'TSAI': _hand_eye(cv2.CALIB_HAND_EYE_TSAI),
    'PARK': _hand_eye(cv2.CALIB_HAND_EYE_PARK),
    'HORAUD': _hand_eye(cv2.CALIB_HAND_EYE_HORAUD),
    'ANDREFF': _hand_eye(cv2.CALIB_HAND_EYE_ANDREFF),
    'DANIILIDIS': _hand_eye(cv2.CALIB_HAND_EYE_DANIILIDIS),
    'RW-SHAH': _robot_world(cv2.CALIB_ROBOT_WORLD_HAND_EYE_SHAH),
    'RW-LI': _robot_world(cv2.CALIB_ROBOT_WORLD_HAND_EYE_LI),
}


def solve_by(name: str, problem: Problem) -> MethodResult:
    """Run one method and check its answer; never raises for bad data."""
    if len(problem) < FEWEST_VIEWS:
        return MethodResult(name, None, f'found {len(problem)} views; needed: {FEWEST_VIEWS}')
    try:
        X = METHODS[name](problem)
    except (cv2.error, np.linalg.LinAlgError):
        return MethodResult(name, None, 'OpenCV gave up (an exception)')
    rejection = _why_not(X)
    return MethodResult(name, None if rejection else X, rejection)


def solve_all(problem: Problem, names: Sequence[str] = tuple(METHODS)) -> list[MethodResult]:
    """Run several methods; their answers, checked."""
    # Tsai writes to the console where it gives up; here that is a rejection.
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        return [solve_by(name, problem) for name in names]
    finally:
        cv2.utils.logging.setLogLevel(level)


def initial_guess(problem: Problem) -> tuple[Vector, Vector]:
    """Return X and Y of the trustworthy method with the smallest median residual.

    Raises:
        HandEyeError: no method gave an answer that can be one; says what each gave.
    """
    results = solve_all(problem, START_METHODS)
    starts = [
        (result.X, implied_Y(problem, result.X)) for result in results if result.X is not None
    ]
    if not starts:
        reasons = '; '.join(f'{result.name}: {result.rejection}' for result in results)
        raise HandEyeError(f'hand-eye: no method gave a possible answer ({reasons})')
    return min(starts, key=lambda start: float(np.median(centre_errors(problem, *start))))


def implied_Y(problem: Problem, X: Vector) -> Vector:  # noqa: N802
    """Return the board in the reference that most views agree on, shape (4, 4)."""
    return se3.median_pose(problem.A @ X @ problem.B)


def centre_errors(problem: Problem, X: Vector, Y: Vector) -> Vector:
    """Return how far the predicted middle of the board is from the seen one, shape (n,) [m]."""
    predicted = se3.inverse(X) @ se3.inverse(problem.A) @ Y
    centres = predicted[:, :3, :3] @ problem.board_centre + predicted[:, :3, 3]
    distances: Vector = np.linalg.norm(centres - problem.centres, axis=1)
    return distances


def angle_errors(problem: Problem, X: Vector, Y: Vector) -> Vector:
    """Return by which angle the predicted board is turned from the seen one, (n,) [rad]."""
    predicted = se3.inverse(X) @ se3.inverse(problem.A) @ Y
    turns = predicted[:, :3, :3] @ np.swapaxes(problem.B[:, :3, :3], 1, 2)
    angles: Vector = np.linalg.norm(se3.rotation_vectors(turns), axis=1)
    return angles


def _why_not(X: Vector) -> str:
    """Say why a matrix cannot be the answer; empty where it can."""
    R = X[:3, :3]
    if not np.isfinite(X).all():
        return 'returned NaN (parallel axes?)'
    if np.linalg.det(R) < 0.0:
        return 'returned a reflection (determinant -1): some views are wrong'
    if np.abs(R @ R.T - np.eye(3)).max() > 1e-3:
        return 'returned a matrix that is no rotation'
    if np.abs(X - np.eye(4)).max() < 1e-12:
        return 'returned identity: the rotations between the views are too small for it'
    distance = float(np.linalg.norm(X[:3, 3]))
    if distance > _FURTHEST_M:
        return f'put the camera {distance:.3g} m away; allowed: {_FURTHEST_M:g} m'
    return ''
