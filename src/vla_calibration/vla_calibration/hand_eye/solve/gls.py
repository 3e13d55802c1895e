"""Generalised least squares on the poses of the views: hand-eye with an honest covariance.

PnP gives each B_i a covariance S_i. The reported robot pose is A_i exp(e_i), e_i ~ N(0, Se); it
moves the predicted board pose inv(X) inv(A_i) Y by exp(-Ad(inv X) e_i) from the left, by the same
matrix in every view. So r_i = log(inv(X) inv(A_i) Y inv(B_i)) is N(0, S_i + Ad(inv X) Se Ad^T);
where the gripper is the reference it is exp(e_i) A_i, and Ad that of inv(X) inv(A_i).

Minimising the sum of r_i^T W_i r_i weighs the corner noise against the robot's error. It is what
remains of the graph with one robot pose per view (Koide and Menegatti 2019) when those poses are
eliminated, with 12 unknowns instead of 12 + 6 n.
"""

from dataclasses import dataclass
import math

import numpy as np
from vla_calibration.geometry import se3
from vla_calibration.hand_eye.solve.problem import HandEyeError, Problem
from vla_calibration.hand_eye.solve.quantiles import chi2_quantile
from vla_contract.values import Vector

# A view further out than 99 of 100 good ones loses weight (Huber).
_HUBER_AT = 0.99
_MOST_STEPS = 50


@dataclass(frozen=True)
class RobotSigma:
    """How far the robot is from where it says it is, one sigma per axis."""

    rotation_rad: float
    translation_m: float

    @property
    def covariance(self) -> Vector:
        """Covariance of the robot's twist, shape (6, 6)."""
        return np.diag([self.rotation_rad**2] * 3 + [self.translation_m**2] * 3)


@dataclass(frozen=True, eq=False)
class Fit:
    """The answer of least squares.

    Attributes:
        X: camera in carrier, shape (4, 4).
        Y: board in reference, shape (4, 4).
        covariance: of the right twists of X and Y (and of scale and focal length, if free):
            X_true = X exp(twist), shape (12 or 14, 12 or 14).
        residuals: r_i, shape (n, 6): left twists in the camera frame.
        noise: covariance of each residual, shape (n, 6, 6).
        chi2: squared Mahalanobis length of each residual, shape (n,).
        weights: robust weight of each view, shape (n,).
        scale: relative correction of the board's size and of the focal length, shape (2,).
    """

    X: Vector
    Y: Vector
    covariance: Vector
    residuals: Vector
    noise: Vector
    chi2: Vector
    weights: Vector
    scale: Vector

    @property
    def degrees_of_freedom(self) -> int:
        """Number of equations less the number of unknowns."""
        return 6 * len(self.chi2) - len(self.covariance)

    @property
    def position_covariance(self) -> Vector:
        """Covariance of X's position in the carrier, shape (3, 3) [m^2]."""
        R = self.X[:3, :3]
        covariance: Vector = R @ self.covariance[3:6, 3:6] @ R.T
        return covariance


def fit(
    problem: Problem,
    X: Vector,
    Y: Vector,
    sigma: RobotSigma,
    robust: bool = True,
    free_scale: bool = False,
) -> Fit:
    """Minimise the weighted residuals by Gauss-Newton from a start.

    Args:
        problem: the views.
        X: start for the camera in its carrier, shape (4, 4).
        Y: start for the board in the reference, shape (4, 4).
        sigma: the robot's error.
        robust: give views that are too far out less weight (Huber, per view, because the error
            of a robot pose moves all corners of its view together).
        free_scale: estimate relative errors of the board's size and of the focal length too.

    Raises:
        HandEyeError: the views do not determine the answer.
    """
    scale: Vector = np.zeros(2)
    for _ in range(_MOST_STEPS):
        now = linearise(problem, X, Y, sigma, robust, scale, free_scale)
        step = _solve(now.normal, now.gradient)
        X, Y = X @ se3.exp(step[:6]), Y @ se3.exp(step[6:12])
        scale = scale + step[12:] if free_scale else scale
        if np.abs(step).max() < 1e-9:
            break
    end = linearise(problem, X, Y, sigma, robust, scale, free_scale)
    # Of a rejected quality, yet finite: the residual that robust weights shrink stays in chi2.
    return Fit(
        X, Y, inverse_normal(end.normal), end.residuals, end.noise, end.chi2, end.weights, scale
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Linearised:
    """Residuals at one point and the normal equations there."""

    residuals: Vector
    jacobian: Vector
    noise: Vector
    chi2: Vector
    weights: Vector
    normal: Vector
    gradient: Vector


def linearise(
    problem: Problem,
    X: Vector,
    Y: Vector,
    sigma: RobotSigma,
    robust: bool,
    scale: Vector,
    free_scale: bool,
) -> Linearised:
    """Return residuals, their derivatives and the normal equations at X and Y."""
    B = _rescaled(problem.B, scale)
    inverse_X = se3.inverse(X)
    residuals = se3.log(inverse_X @ se3.inverse(problem.A) @ Y @ se3.inverse(B))
    from_right = se3.inverse_right_jacobian(residuals)
    # A twist on the left of the product is the negated one on the right of its inverse.
    from_left = se3.inverse_right_jacobian(-residuals)
    columns = [-from_left, from_right @ se3.adjoint(B)]
    if free_scale:
        columns.append(-from_right @ _scale_twists(B))
    J = np.concatenate(columns, axis=2)
    Ad = robot_to_camera(problem, X)
    noise = problem.S + Ad @ sigma.covariance @ np.swapaxes(Ad, -1, -2)
    W = np.linalg.inv(noise)
    chi2 = np.einsum('ni,nij,nj->n', residuals, W, residuals)
    huber = math.sqrt(chi2_quantile(_HUBER_AT, 6))
    weights = np.minimum(1.0, huber / np.sqrt(np.maximum(chi2, 1e-12)))
    weights = weights if robust else np.ones(len(problem))
    JtW = np.swapaxes(J, 1, 2) @ (W * weights[:, None, None])
    normal = (JtW @ J).sum(axis=0)
    gradient = (JtW @ residuals[..., None]).sum(axis=0)[:, 0]
    return Linearised(residuals, J, noise, chi2, weights, normal, gradient)


def robot_to_camera(problem: Problem, X: Vector) -> Vector:
    """Return the matrices that move a robot's error into the camera, (6, 6) or (n, 6, 6)."""
    inverse_X = se3.inverse(X)
    if problem.gripper_is_reference:
        return se3.adjoint(inverse_X @ se3.inverse(problem.A))
    return se3.adjoint(inverse_X)


def _rescaled(B: Vector, scale: Vector) -> Vector:
    """Move the boards to where a larger board, or a longer lens, puts them.

    A board that is larger than typed is as much further away; a focal length that is larger than
    assumed moves it along the optical axis only.
    """
    moved = B.copy()
    moved[:, :3, 3] *= 1.0 + scale[0]
    moved[:, 2, 3] *= 1.0 + scale[1]
    return moved


def _scale_twists(B: Vector) -> Vector:
    """Return d B / d (size, focal length) as left twists, shape (n, 6, 2)."""
    twists = np.zeros((len(B), 6, 2))
    twists[:, 3:, 0] = B[:, :3, 3]
    twists[:, 5, 1] = B[:, 2, 3]
    return twists


def _solve(normal: Vector, gradient: Vector) -> Vector:
    step: Vector = -inverse_normal(normal) @ gradient
    return step


def inverse_normal(normal: Vector) -> Vector:
    """Invert the normal equations, scaled to a unit diagonal first.

    Raises:
        HandEyeError: they are singular.
    """
    length = np.sqrt(np.maximum(normal.diagonal(), 1e-300))
    unit = normal / np.outer(length, length)
    if not np.isfinite(unit).all() or np.linalg.cond(unit) > 1e13:
        raise HandEyeError(
            'hand-eye: the views do not determine the answer; needed: rotations about at least '
            'two axes that are not parallel'
        )
    inverse: Vector = np.linalg.inv(unit) / np.outer(length, length)
    return inverse
