"""Fits a lens and the pose of every view to the points of a board.

Levenberg-Marquardt on the reprojection error as in cv2.calibrateCamera, with exact derivatives
and the poses eliminated from each step (Schur complement), for all views in one numpy call. The
same solver serves every lens model, and what each view says about the lens alone, its reduced
normal equations, stays at hand: leaving a view out (`held_out`) then costs one small solve.
"""

from dataclasses import dataclass, replace

import numpy as np
from vla_calibration.lens.fit.model import distort
from vla_calibration.lens.fit.view_stack import ViewStack
from vla_calibration.lens.lens import Lens
from vla_contract.values import Vector

# Relative decrease of the squared error after which parameters move by a hundredth of their
# standard deviation, with thousands of points.
_CONVERGED = 1e-7
_MOST_STEPS = 60
_MOST_DAMPING = 1e8


@dataclass(frozen=True, eq=False)
class CameraState:
    """A lens and one pose per view.

    Attributes:
        model: a name of `cameras.calibration.COEFFICIENTS`.
        theta: fx, fy, cx, cy [px], then the distortion, and where the board may bow its two
            numbers [m], shape (p,); or one of these per view, (V, p).
        rotation: of the board in the optical frame, shape (V, 3, 3).
        translation: likewise, shape (V, 3) [m].
        is_bowed: whether theta ends with the bow of the board; else it is flat.
    """

    model: str
    theta: Vector
    rotation: Vector
    translation: Vector
    is_bowed: bool = False

    @property
    def lens_theta(self) -> Vector:
        """What of theta is of the lens, shape (..., p)."""
        return self.theta[..., :-2] if self.is_bowed else self.theta

    @property
    def warp(self) -> Vector:
        """Bow of the board along rows and columns, shape (..., 2) [m]; zero of a flat one."""
        if self.is_bowed:
            return self.theta[..., -2:]
        return np.zeros((*self.theta.shape[:-1], 2))

    def with_bow(self) -> 'CameraState':
        """Return the same state with a board that may bow."""
        return replace(self, theta=np.append(self.theta, [0.0, 0.0]), is_bowed=True)

    def without_bow(self) -> 'CameraState':
        """Return the same lens and poses with a flat board."""
        return replace(self, theta=self.lens_theta, is_bowed=False)

    def moved(self, d_theta: Vector, d_pose: Vector) -> 'CameraState':
        """Return the state after a step; poses turn from the left, shape (V, 6)."""
        return replace(
            self,
            theta=self.theta + d_theta,
            rotation=rotations(d_pose[:, :3]) @ self.rotation,
            translation=self.translation + d_pose[:, 3:],
        )

    def lens(self, size: tuple[int, int]) -> Lens:
        """Return the lens; plumb_bob always with five coefficients, as ROS has them."""
        fx, fy, cx, cy, *distortion = self.lens_theta
        if self.model == 'plumb_bob' and len(distortion) == 4:
            distortion.append(0.0)
        K = np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])
        return Lens(*size, K, np.array(distortion), self.model)


@dataclass(frozen=True, eq=False)
class LensFit:
    """A fitted lens with what each view says about it.

    Attributes:
        state: the optimum.
        residual: seen minus predicted negative, i.e. predicted - seen, shape (V, N, 2) [px].
        count: number of points.
        information: reduced normal matrix of each view, shape (V, p, p).
        gradient: reduced gradient of each view, shape (V, p); sums to zero.
        view_rms: root mean square distance per point of each view, shape (V,) [px].
    """

    state: CameraState
    residual: Vector
    count: int
    information: Vector
    gradient: Vector
    view_rms: Vector

    @property
    def rms(self) -> float:
        """Root mean square distance per point [px], as cv2.calibrateCamera gives it."""
        return float(np.sqrt((self.residual**2).sum() / self.count))

    @property
    def theta_std(self) -> Vector:
        """Standard deviation of each number of theta, shape (p,); inf if unobservable."""
        diagonal = np.diag(self.theta_covariance)
        std: Vector = np.sqrt(np.where(diagonal > 0.0, diagonal, np.inf))
        return std

    @property
    def theta_covariance(self) -> Vector:
        """Covariance of theta, shape (p, p); inf if unobservable."""
        parameters = len(self.state.theta)
        free = 2 * self.count - parameters - 6 * len(self.residual)
        variance = (self.residual**2).sum() / max(free, 1)
        whole = self.information.sum(axis=0)
        scale = np.sqrt(np.maximum(np.diag(whole), 1e-300))
        try:
            inverse = np.linalg.inv(whole / np.outer(scale, scale))
        except np.linalg.LinAlgError:
            return np.full((parameters, parameters), np.inf)
        covariance: Vector = variance * inverse / np.outer(scale, scale)
        return covariance

    @property
    def clustered_covariance(self) -> Vector:
        """Covariance of the lens from how much the views disagree, shape (p, p).

        The errors of one view are alike, be it the board's shape, blur or the model: what each
        view says of the lens scatters more than its points tell. H^-1 (sum g_v g_v^T) H^-1 with
        the gradient g_v of each view (Liang and Zeger 1986), which adds up to zero.
        """
        views = len(self.gradient)
        whole = self.information.sum(axis=0)
        scale = np.sqrt(np.maximum(np.diag(whole), 1e-300))
        try:
            inverse = np.linalg.inv(whole / np.outer(scale, scale)) / np.outer(scale, scale)
        except np.linalg.LinAlgError:
            return np.full(whole.shape, np.inf)
        scatter = self.gradient.T @ self.gradient * views / max(views - 1, 1)
        covariance: Vector = inverse @ scatter @ inverse
        return covariance


@dataclass(frozen=True, eq=False)
class Linearised:
    """Residuals and derivatives at a state; the pose's twist is (rotation, translation)."""

    residual: Vector
    by_theta: Vector
    by_pose: Vector

    @property
    def squared(self) -> float:
        """Sum of squares; inf where a point cannot be projected."""
        total = float((self.residual**2).sum())
        return total if np.isfinite(total) else np.inf


def linearise(state: CameraState, views: ViewStack) -> Linearised:
    """Return the residuals, shape (V, 2N), and their derivatives, (V, 2N, p) and (V, 2N, 6)."""
    theta = np.atleast_2d(state.lens_theta)[:, None, :]
    focal, centre, distortion = theta[..., :2], theta[..., 2:4], theta[..., 4:]
    points = views.points.copy()
    points[..., 2] += (views.bow * np.atleast_2d(state.warp)[:, None, :]).sum(axis=-1)
    turned = points @ state.rotation.transpose(0, 2, 1)
    seen = turned + state.translation[:, None]
    depth = seen[..., 2]
    with np.errstate(all='ignore'):
        ideal = seen[..., :2] / depth[..., None]
        bent, by_ideal, by_distortion = distort(state.model, ideal, distortion)
        weight = np.where(depth > 0.0, views.weight, np.where(views.weight > 0.0, np.nan, 0.0))
        residual = (bent * focal + centre - views.pixels) * weight[..., None]
        scaled = by_ideal * (focal * weight[..., None])[..., None]
        by_point = np.concatenate(
            [scaled, -(scaled @ ideal[..., None])], axis=-1
        ) / depth[..., None, None]  # fmt: skip
    by_rotation = np.cross(turned[..., None, :], by_point)
    by_theta = np.zeros((*residual.shape, state.theta.shape[-1]))
    by_theta[..., 0, 0], by_theta[..., 1, 1] = bent[..., 0] * weight, bent[..., 1] * weight
    by_theta[..., 0, 2] = by_theta[..., 1, 3] = weight
    lens = theta.shape[-1]
    by_theta[..., 4:lens] = by_distortion * (focal * weight[..., None])[..., None]
    if state.is_bowed:
        # A board that bows moves its points along its normal.
        along_normal = np.einsum('vnij,vj->vni', by_point, state.rotation[:, :, 2])
        by_theta[..., lens:] = along_normal[..., None] * views.bow[..., None, :]
    count = 2 * views.weight.shape[1]
    by_pose = np.concatenate([by_rotation, by_point], axis=-1)
    return Linearised(
        residual.reshape(-1, count),
        by_theta.reshape(len(views), count, -1),
        by_pose.reshape(len(views), count, 6),
    )


def fit_lens(views: ViewStack, start: CameraState) -> LensFit | None:
    """Fit lens and poses; None where no start leads anywhere.

    Args:
        views: at least as many as determine the lens.
        start: one pose per view.
    """
    state, here, damping = start, linearise(start, views), 1e-3
    if here.squared == np.inf:
        return None
    for _ in range(_MOST_STEPS):
        step = _step(here, damping)
        if step is None:
            return None
        candidate = state.moved(*step)
        there = linearise(candidate, views)
        if not (there.squared <= here.squared and candidate.theta[:2].min() > 0.0):
            damping *= 10.0
            if damping > _MOST_DAMPING:
                break
            continue
        gain = here.squared - there.squared
        state, here, damping = candidate, there, max(damping / 10.0, 1e-12)
        if gain <= _CONVERGED * here.squared:
            break
    return _summary(state, here, views)


def refit_poses(views: ViewStack, state: CameraState, steps: int = 4) -> CameraState:
    """Fit only the poses, each to its view; `state.theta` may hold one lens per view."""
    for _ in range(steps):
        here = linearise(state, views)
        transposed = here.by_pose.transpose(0, 2, 1)
        normal = transposed @ here.by_pose
        gradient = (transposed @ here.residual[..., None])[..., 0]
        if not np.isfinite(normal).all():
            break
        state = state.moved(np.zeros(1), -_solve(normal, gradient))
    return state


def rotations(vectors: Vector) -> Vector:
    """Return the rotation matrices, shape (V, 3, 3), of rotation vectors, shape (V, 3) [rad]."""
    angle = np.linalg.norm(vectors, axis=1)[:, None, None]
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    hat = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
    # sin(a)/a and (1 - cos(a))/a^2, which stay finite at zero.
    sine = np.sinc(angle / np.pi)
    cosine = 0.5 * np.sinc(angle / (2.0 * np.pi)) ** 2
    matrices: Vector = np.eye(3) + sine * hat + cosine * (hat @ hat)
    return matrices


def _step(here: Linearised, damping: float) -> tuple[Vector, Vector] | None:
    """Return the damped Gauss-Newton step of lens, (p,), and poses, (V, 6)."""
    blocks = _blocks(here, damping)
    try:
        d_theta = -np.linalg.solve(
            blocks.reduced.sum(axis=0) + damping * blocks.theta_diagonal,
            blocks.reduced_gradient.sum(axis=0),
        )
    except np.linalg.LinAlgError:
        return None
    d_pose = -(blocks.pose_step + (blocks.pose_by_theta @ d_theta))
    if not (np.isfinite(d_theta).all() and np.isfinite(d_pose).all()):
        return None
    return d_theta, d_pose


@dataclass(frozen=True, eq=False)
class _Blocks:
    reduced: Vector
    reduced_gradient: Vector
    theta_diagonal: Vector
    pose_step: Vector
    pose_by_theta: Vector


def _blocks(here: Linearised, damping: float) -> _Blocks:
    """Eliminate the poses view by view (Schur complement)."""
    theta_t, pose_t = here.by_theta.transpose(0, 2, 1), here.by_pose.transpose(0, 2, 1)
    right = here.residual[..., None]
    pose_normal = pose_t @ here.by_pose
    pose_normal = pose_normal * (1.0 + damping * np.eye(6))
    mixed = pose_t @ here.by_theta
    solved = _solve_matrix(pose_normal, np.concatenate([mixed, pose_t @ right], axis=-1))
    pose_by_theta, pose_step = solved[..., :-1], solved[..., -1]
    theta_normal = theta_t @ here.by_theta
    mixed_t = mixed.transpose(0, 2, 1)
    return _Blocks(
        theta_normal - mixed_t @ pose_by_theta,
        (theta_t @ right)[..., 0] - (mixed_t @ pose_step[..., None])[..., 0],
        np.diag(np.diag(theta_normal.sum(axis=0))),
        pose_step,
        pose_by_theta,
    )


def _solve(normal: Vector, right: Vector) -> Vector:
    return _solve_matrix(normal, right[..., None])[..., 0]


def _solve_matrix(normal: Vector, right: Vector) -> Vector:
    """Solve systems of very different scales, shape (V, 6, 6), without failing on a bad one."""
    scale = np.sqrt(np.maximum(np.diagonal(normal, axis1=1, axis2=2), 1e-300))[..., None]
    even = normal / (scale * scale.transpose(0, 2, 1)) + 1e-14 * np.eye(6)
    solution: Vector = np.linalg.solve(even, right / scale) / scale
    return solution


def _summary(state: CameraState, here: Linearised, views: ViewStack) -> LensFit:
    blocks = _blocks(here, 0.0)
    residual = here.residual.reshape(views.pixels.shape)
    view_rms = np.sqrt((here.residual**2).sum(axis=1) / views.weight.sum(axis=1))
    return LensFit(state, residual, views.count, blocks.reduced, blocks.reduced_gradient, view_rms)
