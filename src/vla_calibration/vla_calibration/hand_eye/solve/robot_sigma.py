"""How inexact the robot is, from the views themselves, by restricted maximum likelihood."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from vla_calibration.hand_eye.solve.gls import Fit, fit, linearise, robot_to_camera, RobotSigma
from vla_calibration.hand_eye.solve.problem import Problem
from vla_contract.values import Vector

# Robots err by some 5 mm per degree, be it 0.1 mm / 0.02 deg or 5 mm / 1 deg, give or take a
# factor of two. Few views say little of the ratio; this keeps it within reason.
_METRES_PER_RAD = 0.005 / np.radians(1.0)
_RATIO_SPREAD = np.log(2.0)
_SMALLEST_RAD, _LARGEST_RAD = np.radians(1e-4), np.radians(10.0)
_MOST_ROUNDS = 12
_CONVERGED = 0.01


def fit_with_sigma(
    problem: Problem, X: Vector, Y: Vector, robust: bool = True
) -> tuple[Fit, RobotSigma]:
    """Fit X, Y and the robot's sigma, in turn.

    The likelihood of sigma is the restricted one (Patterson and Thompson 1971): log det of the
    normal equations accounts for the unknowns that were fitted to the same residuals, which the
    plain one does not.

    Args:
        problem: the views.
        X: start for the camera in its carrier, shape (4, 4).
        Y: start for the board in the reference, shape (4, 4).
        robust: as in `fit`.

    Raises:
        HandEyeError: the views do not determine the answer.
    """
    logs = np.log([np.radians(0.1), np.radians(0.1) * _METRES_PER_RAD])
    answer = fit(problem, X, Y, _sigma(logs), robust)
    for _ in range(_MOST_ROUNDS):
        previous, logs = logs, _likeliest(_Residuals.of(problem, answer), logs)
        answer = fit(problem, answer.X, answer.Y, _sigma(logs), robust)
        if np.abs(logs - previous).max() < _CONVERGED:
            break
    return answer, _sigma(logs)


@dataclass(frozen=True, eq=False)
class _Residuals:
    """What the likelihood of sigma needs, at one X and Y."""

    residuals: Vector
    jacobian: Vector
    S: Vector
    Ad: Vector
    weights: Vector

    @classmethod
    def of(cls, problem: Problem, answer: Fit) -> '_Residuals':
        sigma = RobotSigma(0.0, 0.0)
        now = linearise(problem, answer.X, answer.Y, sigma, False, answer.scale, False)
        Ad = robot_to_camera(problem, answer.X)
        return cls(now.residuals, now.jacobian, problem.S, Ad, answer.weights)

    def cost(self, logs: Vector) -> float:
        """Return -2 log of the restricted likelihood and of the prior on the ratio."""
        noise = self.S + self.Ad @ _sigma(logs).covariance @ np.swapaxes(self.Ad, -1, -2)
        W = np.linalg.inv(noise)
        chi2 = np.einsum('ni,nij,nj->n', self.residuals, W, self.residuals)
        J = self.jacobian
        normal = (np.swapaxes(J, 1, 2) @ W @ J).sum(axis=0)
        cost = (self.weights * chi2).sum() + np.linalg.slogdet(noise)[1].sum()
        off = (logs[1] - logs[0] - np.log(_METRES_PER_RAD)) / _RATIO_SPREAD
        return float(cost + np.linalg.slogdet(normal)[1] + off**2)


def _sigma(logs: Vector) -> RobotSigma:
    return RobotSigma(float(np.exp(logs[0])), float(np.exp(logs[1])))


def _likeliest(at: _Residuals, logs: Vector) -> Vector:
    """Return the logarithms of the two sigmas that make the residuals likeliest, in turn."""
    from scipy.optimize import minimize_scalar

    lows = np.log([_SMALLEST_RAD, _SMALLEST_RAD * _METRES_PER_RAD])
    highs = np.log([_LARGEST_RAD, _LARGEST_RAD * _METRES_PER_RAD])
    for axis in (0, 1):
        cost = partial(_cost_along, at, logs.copy(), axis)
        bounds = (lows[axis], highs[axis])
        found = minimize_scalar(cost, bounds=bounds, method='bounded', options={'xatol': 2e-3})
        logs = logs.copy()
        logs[axis] = found.x
    return logs


def _cost_along(at: _Residuals, logs: Vector, axis: int, value: float) -> float:
    logs[axis] = value
    return at.cost(logs)
