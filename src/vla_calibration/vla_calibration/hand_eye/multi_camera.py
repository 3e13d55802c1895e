"""Several cameras, one board, one robot: all poses in one fit, no depth camera needed.

Every camera sees the same board, which stands still or is in the gripper: Y is one for all. What
one camera learns of the board helps the others, and the poses between cameras come with their own
covariance, which is what stereo and multi-view policies need.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose
from vla_calibration.hand_eye.hand_eye import Budget, calibrate_hand_eye, HandEyeResult
from vla_calibration.hand_eye.solve.gls import inverse_normal, linearise, RobotSigma
from vla_calibration.hand_eye.solve.problem import Frames, HandEyeError, Problem, View
from vla_calibration.hand_eye.solve.quantiles import chi2_quantile
from vla_contract.values import Vector

# Two cameras that put one board further apart than this see two boards, or it was moved.
_LARGEST_CHI2_AT = 1.0 - 1e-6
_MOST_STEPS = 50


@dataclass(frozen=True, eq=False)
class MultiCameraResult:
    """Poses of all cameras in one frame.

    Attributes:
        each: by the camera's name; pose and covariance are those of the common fit, residuals
            and gates those of the camera alone.
        covariance: of the right twists of all cameras in the order of `each`, then of the board,
            shape (6 k + 6, 6 k + 6).
    """

    each: dict[str, HandEyeResult]
    covariance: Vector

    def between(self, first: str, second: str) -> tuple[Pose, Vector]:
        """Return the pose of the second camera in the first, and the covariance of its twist.

        The robot's error at a moment that both saw is taken as two independent ones, which makes
        the covariance too large rather than too small.
        """
        names = list(self.each)
        pose = self.each[first].camera.inverse() @ self.each[second].camera
        J = np.zeros((6, len(self.covariance)))
        i, j = 6 * names.index(first), 6 * names.index(second)
        # inv(X1 exp(a)) X2 exp(b) = T exp(b - Ad(inv T) a).
        J[:, i : i + 6] -= se3.adjoint(se3.inverse(pose.T))
        J[:, j : j + 6] += np.eye(6)
        covariance: Vector = J @ self.covariance @ J.T
        return pose, covariance


def calibrate_cameras(
    views: Mapping[str, Sequence[View]],
    setup: str,
    frames: Mapping[str, Frames],
    budgets: Mapping[str, Budget] | None = None,
) -> MultiCameraResult:
    """Calibrate cameras that saw the same board, each from its own views.

    Args:
        views: of each camera, by its name.
        setup: eye-in-hand or eye-to-hand, the same for all.
        frames: of each camera; base, gripper and board are the same for all.
        budgets: of each camera; None for the usual one.

    Raises:
        HandEyeError: fewer than two cameras, one that cannot be calibrated by itself, or
            cameras that see the board in different places.
    """
    if len(views) < 2:
        raise HandEyeError(f'cameras: found {len(views)}; needed: two or more')
    alone = {}
    for name, seen in views.items():
        try:
            budget = None if budgets is None else budgets[name]
            alone[name] = calibrate_hand_eye(seen, setup, frames[name], budget)
        except HandEyeError as error:
            raise HandEyeError(f"camera '{name}': {error}") from None
    _require_one_board(alone)
    problems = [result.problem.subset(result.solution.used) for result in alone.values()]
    X = np.array([result.camera.T for result in alone.values()])
    best = min(alone.values(), key=lambda result: result.statistical_95_mm)
    X, Y, covariance = _fit(problems, X, best.board.T, _pooled(list(alone.values())))
    places = [
        np.r_[6 * k : 6 * k + 6, len(covariance) - 6 : len(covariance)] for k in range(len(X))
    ]
    each = {
        name: _with_pose(result, X[k], Y, covariance[np.ix_(places[k], places[k])])
        for k, (name, result) in enumerate(alone.items())
    }
    return MultiCameraResult(each, covariance)


def _with_pose(result: HandEyeResult, X: Vector, Y: Vector, covariance: Vector) -> HandEyeResult:
    """Return a camera's result with the pose that it has in the common fit."""
    fit = replace(result.solution.fit, X=X, Y=Y, covariance=covariance)
    solution = replace(result.solution, fit=fit)
    return replace(
        result,
        camera=Pose(result.camera.parent, result.camera.child, X),
        board=Pose(result.board.parent, result.board.child, Y),
        solution=solution,
        statistical_95_mm=1000.0 * solution.error_95_m,
    )


def _fit(
    problems: list[Problem], X: Vector, Y: Vector, sigma: RobotSigma
) -> tuple[Vector, Vector, Vector]:
    """Minimise the residuals of all cameras over all X and the one Y, by Gauss-Newton."""
    for _ in range(_MOST_STEPS):
        normal, gradient = _normal_equations(problems, X, Y, sigma)
        covariance = inverse_normal(normal)
        step = (-covariance @ gradient).reshape(-1, 6)
        X, Y = X @ se3.exp(step[:-1]), Y @ se3.exp(step[-1])
        if np.abs(step).max() < 1e-9:
            break
    return X, Y, covariance


def _normal_equations(
    problems: list[Problem], X: Vector, Y: Vector, sigma: RobotSigma
) -> tuple[Vector, Vector]:
    size = 6 * len(problems) + 6
    normal, gradient = np.zeros((size, size)), np.zeros(size)
    for k, problem in enumerate(problems):
        now = linearise(problem, X[k], Y, sigma, True, np.zeros(2), False)
        places = np.r_[6 * k : 6 * k + 6, size - 6 : size]
        normal[np.ix_(places, places)] += now.normal
        gradient[places] += now.gradient
    return normal, gradient


def _pooled(results: list[HandEyeResult]) -> RobotSigma:
    """Return one sigma for the one robot: the mean variance, weighted by views."""
    counts = [int(result.solution.used.sum()) for result in results]
    sigmas = [result.solution.sigma for result in results]
    rotation = np.average([sigma.rotation_rad**2 for sigma in sigmas], weights=counts)
    translation = np.average([sigma.translation_m**2 for sigma in sigmas], weights=counts)
    return RobotSigma(float(np.sqrt(rotation)), float(np.sqrt(translation)))


def _require_one_board(alone: Mapping[str, HandEyeResult]) -> None:
    (name, first), *others = alone.items()
    for other_name, other in others:
        twist = se3.log(first.board.inverse().T @ other.board.T)
        covariance = first.solution.fit.covariance[6:12, 6:12]
        covariance = covariance + other.solution.fit.covariance[6:12, 6:12]
        # Lens and board size shift the board too, by what the budgets say.
        budget_m = np.hypot(first.systematic_95_mm, other.systematic_95_mm) / 1000.0
        covariance = covariance + np.diag([0.0] * 3 + [budget_m**2] * 3)
        if twist @ np.linalg.solve(covariance, twist) > chi2_quantile(_LARGEST_CHI2_AT, 6):
            raise HandEyeError(
                f"cameras '{name}' and '{other_name}' see the board "
                f'{1000.0 * np.linalg.norm(twist[3:]):.1f} mm and '
                f'{np.degrees(np.linalg.norm(twist[:3])):.1f} deg apart; needed: one board that '
                'is not moved in between'
            )
