"""Calibrates a camera from the points of a board and says how far to trust it."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from vla_calibration.board.detection import Detection
from vla_calibration.lens.coverage import Coverage
from vla_calibration.lens.fit.choice import (
    best,
    best_by_median,
    Candidate,
    CANDIDATES,
    try_models,
    without_views,
)
from vla_calibration.lens.fit.fit import LensFit, linearise, refit_poses
from vla_calibration.lens.fit.gates import check_gates, Gate, GateFigures, GateLimits
from vla_calibration.lens.fit.half_split import half_split_difference, tilts_deg
from vla_calibration.lens.fit.held_out import pooled
from vla_calibration.lens.fit.projection_uncertainty import (
    projection_uncertainty,
    ProjectionUncertainty,
)
from vla_calibration.lens.fit.start import start_pinhole
from vla_calibration.lens.fit.view_rejection import reject_views, robust_z, state_of
from vla_calibration.lens.fit.view_stack import ViewStack
from vla_calibration.lens.lens import Lens
from vla_contract.errors import UnknownNameError, VlaError
from vla_contract.values import Vector

# Errors of neighbouring points are alike, so that the fit's own standard deviation is too small:
# measured 1.2 to 1.4 times, against truth.
STD_INFLATION = 1.3
FEWEST_VIEWS = 3


@dataclass(frozen=True, eq=False)
class Intrinsics:
    """A calibrated camera with its evidence.

    Attributes:
        lens: the result.
        chosen: name of the model, a key of CANDIDATES.
        candidates: every model that was tried.
        kept: indices of the views used, shape (K,).
        views: points of the views used.
        fit: to these.
        held_out: RMS of each used view when left out, shape (K,) [px].
        view_rms: RMS of every view, rejected ones with their pose fitted, shape (V,) [px].
        view_z: robust score of every view among those used, shape (V,).
        split: where, and by how much, two halves differ, shape (G, 3) [px]; None: too few views.
        coverage: points per cell of the image.
        gates: what was asked of it.
    """

    lens: Lens
    chosen: str
    candidates: tuple[Candidate, ...]
    kept: NDArray[np.intp]
    views: ViewStack
    fit: LensFit
    held_out: Vector
    view_rms: Vector
    view_z: Vector
    split: Vector | None
    coverage: Coverage
    gates: tuple[Gate, ...]

    @property
    def accepted(self) -> bool:
        """Whether every gate holds."""
        return all(gate.holds for gate in self.gates)

    @property
    def reasons(self) -> list[str]:
        """Why it is not accepted, and what to add."""
        return [gate.reason for gate in self.gates if not gate.holds]

    @property
    def std(self) -> Vector:
        """Standard deviation of fx, fy, cx, cy [px] and the distortion, shape (p,)."""
        return stated_std(self.fit)[: len(self.fit.state.lens_theta)]

    @property
    def warp_mm(self) -> tuple[Vector, Vector] | None:
        """Bow of the board along rows and columns with its deviations, (2,) each [mm].

        None where the board was taken as flat.
        """
        if not self.fit.state.is_bowed:
            return None
        return 1000.0 * self.fit.state.warp, 1000.0 * stated_std(self.fit)[-2:]

    @property
    def covariance(self) -> Vector:
        """Covariance of fx, fy, cx, cy and the lens's coefficients, shape (4 + n, 4 + n).

        A k3 that was not estimated has none: zero.
        """
        size = 4 + len(self.lens.distortion)
        count = len(self.fit.state.lens_theta)
        fitted = stated_covariance(self.fit)[:count, :count]
        whole = np.zeros((size, size))
        whole[: len(fitted), : len(fitted)] = (fitted + fitted.T) / 2.0
        return whole

    @cached_property
    def uncertainty(self) -> ProjectionUncertainty:
        """How far a pixel may be from where a direction or a point is really seen."""
        count = len(self.fit.state.lens_theta)
        covariance = stated_covariance(self.fit)[:count, :count]
        return projection_uncertainty(self.fit, covariance, self.lens, self.views.all_pixels())

    @property
    def held_out_rms_px(self) -> float:
        """RMS of views predicted without them [px]."""
        return pooled(self.held_out, self.views)

    @property
    def split_rms_px(self) -> float | None:
        """RMS over the region used of the difference between two halves [px]."""
        return _split_rms(self.split)

    @property
    def tilts(self) -> Vector:
        """Tilt of each used view, shape (K,) [deg]."""
        return tilts_deg(self.fit)


def stated_covariance(fit: LensFit) -> Vector:
    """Return the covariance of the lens, shape (p, p): of the points, or of the views if larger.

    In each direction the larger of the two: inflated, of independent points; and as far as the
    views disagree (`LensFit.clustered_covariance`), ten times as much on some photographs. Of p
    directions seen by V views one scatters by up to (1 + sqrt(p / V))^2 by chance (Marchenko and
    Pastur 1967): only what is beyond that counts.
    """
    points = fit.theta_covariance * STD_INFLATION**2
    points = (points + points.T) / 2.0
    views = fit.clustered_covariance
    if not (np.isfinite(points).all() and np.isfinite(views).all()):
        return points
    scale = np.sqrt(np.maximum(np.diag(points), 1e-300))
    try:
        root = np.linalg.cholesky(points / np.outer(scale, scale)) * scale[:, None]
    except np.linalg.LinAlgError:
        return points
    inside = np.linalg.solve(root, np.linalg.solve(root, views).T)
    values, axes = np.linalg.eigh((inside + inside.T) / 2.0)
    chance = (1.0 + np.sqrt(len(values) / len(fit.gradient))) ** 2
    larger: Vector = root @ (axes * np.maximum(values / chance, 1.0)) @ axes.T @ root.T
    return larger


def stated_std(fit: LensFit) -> Vector:
    """Return the standard deviation of each parameter, shape (p,); inf if unobservable."""
    variance = np.diag(stated_covariance(fit))
    std: Vector = np.sqrt(np.where(variance > 0.0, variance, np.inf))
    return std


def calibrate_intrinsics(
    detections: list[Detection],
    size: tuple[int, int],
    model: str = 'auto',
    limits: GateLimits | None = None,
    lit: NDArray[np.bool_] | None = None,
) -> Intrinsics:
    """Fit a lens, leave out views that do not belong, choose the model, check every gate.

    Args:
        detections: the board in each view.
        size: width and height of the images [px].
        model: a key of CANDIDATES, or auto: the one that predicts views left out best.
        limits: of the gates.
        lit: cells of the image that the lens lights, as `Coverage` has them; None for all.

    Raises:
        UnknownNameError: there is no such model.
        VlaError: fewer than three views, or nothing fits.
    """
    if model != 'auto' and model not in CANDIDATES:
        raise UnknownNameError('lens model', model, 'auto, or one of', CANDIDATES)
    if len(detections) < FEWEST_VIEWS:
        raise VlaError(
            f'too few views: found the board in {len(detections)}; needed at least '
            f'{FEWEST_VIEWS} for a fit and {GateLimits().views} to be accepted'
        )
    views = ViewStack.of(detections)
    names = tuple(CANDIDATES) if model == 'auto' else (model,)
    start = start_pinhole(views, size)
    sound = np.flatnonzero(np.isfinite(start.translation).all(axis=1))
    tried = []
    if len(sound) >= FEWEST_VIEWS:
        tried = try_models(names, views.select(sound), state_of(start, sound), size)
    if not tried:
        raise VlaError(
            'no lens fits these views; check the size of the board in points and the detections'
        )
    first = best_by_median(tried).fit
    kept = reject_views(views.select(sound), first)
    rest = views.select(sound[kept])
    candidates = without_views(tried, kept, rest)
    chosen = best(candidates)
    judged = _judged(rest, chosen, size, lit, limits or GateLimits())
    view_rms = np.full(len(views), np.inf)
    view_rms[sound] = _all_view_rms(views.select(sound), kept, first, chosen.fit)
    return Intrinsics(
        lens=chosen.fit.state.lens(size),
        chosen=chosen.name,
        candidates=tuple(candidates),
        kept=sound[kept],
        view_rms=view_rms,
        view_z=robust_z(view_rms, among=sound[kept]),
        **vars(judged),
    )


@dataclass(frozen=True, eq=False)
class _Judged:
    """What is known of a lens from the views it was fitted to; see Intrinsics."""

    views: ViewStack
    fit: LensFit
    held_out: Vector
    split: Vector | None
    coverage: Coverage
    gates: tuple[Gate, ...]


def _judged(
    views: ViewStack,
    chosen: Candidate,
    size: tuple[int, int],
    lit: NDArray[np.bool_] | None,
    limits: GateLimits,
) -> _Judged:
    fit = chosen.fit
    split = half_split_difference(views, fit, size)
    coverage = Coverage.of(views.all_pixels(), size, lit)
    figures = GateFigures(
        rms_px=fit.rms,
        held_out_px=chosen.held_out_rms_px,
        focal_std_percent=100.0 * float(stated_std(fit)[0] / fit.state.theta[0]),
        tilts_deg=tuple(tilts_deg(fit).tolist()),
        half_split_px=_split_rms(split),
        coverage_percent=100.0 * coverage.share,
        empty_regions=coverage.empty_regions,
    )
    return _Judged(views, fit, chosen.held_out, split, coverage, check_gates(figures, limits))


def _all_view_rms(
    views: ViewStack, kept: NDArray[np.intp], first: LensFit, fit: LensFit
) -> Vector:
    """Return the RMS of every view; a rejected one gets the pose that suits the lens best."""
    rms = np.empty(len(views))
    rms[kept] = fit.view_rms
    out = np.setdiff1d(np.arange(len(views)), kept)
    if len(out):
        rejected = views.select(out)
        start = replace(
            fit.state, rotation=first.state.rotation[out],
            translation=first.state.translation[out],
        )  # fmt: skip
        residual = linearise(refit_poses(rejected, start), rejected).residual
        rms[out] = np.sqrt((residual**2).sum(axis=1) / rejected.weight.sum(axis=1))
    return rms


def _split_rms(split: Vector | None) -> float | None:
    return None if split is None else float(np.sqrt((split[:, 2] ** 2).mean()))
