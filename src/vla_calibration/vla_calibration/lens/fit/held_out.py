"""How well a lens predicts a view that was not used to fit it.

Leaving view v out takes its reduced information H_v and gradient g_v away from the normal
equations, whose gradients sum to zero at the optimum: the lens moves by (H - H_v)^-1 g_v. That
is one Gauss-Newton step of the refit, and exact as far as the problem is linear around its
optimum, which it is to a per cent of the difference with a dozen views. The left-out view's pose
is then fitted again with that lens, since a new view's pose is not known either.
"""

from dataclasses import replace

import numpy as np
from vla_calibration.lens.fit.fit import LensFit, linearise, refit_poses
from vla_calibration.lens.fit.view_stack import ViewStack
from vla_contract.values import Vector


def held_out_rms(views: ViewStack, fit: LensFit) -> Vector:
    """Return the RMS of each view when left out, shape (V,) [px]; inf where it is undefined."""
    without = leave_one_out(fit)
    state = replace(fit.state, theta=without)
    residual = linearise(refit_poses(views, state), views).residual
    squared = (residual**2).sum(axis=1)
    rms: Vector = np.sqrt(np.where(np.isfinite(squared), squared, np.inf) / views.weight.sum(1))
    return rms


def leave_one_out(fit: LensFit) -> Vector:
    """Return the lens fitted without each view, shape (V, p)."""
    rest = fit.information.sum(axis=0) - fit.information
    scale = np.sqrt(np.maximum(np.diag(fit.information.sum(axis=0)), 1e-300))
    even = rest / np.outer(scale, scale)
    try:
        shift = np.linalg.solve(even, (fit.gradient / scale)[..., None])[..., 0] / scale
    except np.linalg.LinAlgError:
        return np.full((len(rest), len(scale)), np.nan)
    lenses: Vector = fit.state.theta + shift
    return lenses


def pooled(view_rms: Vector, views: ViewStack) -> float:
    """Return the RMS per point over all views [px]."""
    weight = views.weight.sum(axis=1)
    return float(np.sqrt((view_rms**2 * weight).sum() / weight.sum()))
