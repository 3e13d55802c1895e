"""Whether two halves of the views lead to the same lens, as a difference in pixels.

Parameters that differ can mean the same lens; RMS can be the same for lenses that differ by
thousands of pixels in a corner. What counts is where two lenses see the same rays: over the
region of the image that the boards covered, after the rotation between them that a pose would
take up anyway (as in mrcal's projection difference).
"""

import cv2
import numpy as np
from vla_calibration.lens.fit.fit import fit_lens, LensFit
from vla_calibration.lens.fit.view_rejection import state_of
from vla_calibration.lens.fit.view_stack import ViewStack
from vla_calibration.lens.lens import Lens
from vla_contract.values import Vector

_GRID = 24
_FEWEST_PER_HALF = 3


def half_split_difference(views: ViewStack, fit: LensFit, size: tuple[int, int]) -> Vector | None:
    """Fit two halves with alike tilts; return how far they differ over the region used.

    Returns:
        Rows of x, y and difference [px], shape (G, 3); None when the views are too few or a half
        determines no lens.
    """
    # Both halves are of one board, whose bow all of the views tell better.
    views, state = views.bent(fit.state.warp), fit.state.without_bow()
    by_tilt = np.argsort(tilts_deg(fit))
    halves = [np.sort(by_tilt[first::2]) for first in range(2)]
    if min(len(half) for half in halves) < _FEWEST_PER_HALF:
        return None
    lenses = []
    for half in halves:
        part = fit_lens(views.select(half), state_of(state, half))
        if part is None:
            return None
        lenses.append(part.state.lens(size))
    where = region_grid(views.all_pixels())
    difference = projection_difference(lenses[0], lenses[1], where)
    return np.concatenate([where, difference[:, None]], axis=1)


def tilts_deg(fit: LensFit) -> Vector:
    """Return the angle between the board's normal and the optical axis, shape (V,) [deg]."""
    along = np.abs(fit.state.rotation[:, 2, 2])
    tilt: Vector = np.degrees(np.arccos(np.clip(along, 0.0, 1.0)))
    return tilt


def region_grid(pixels: Vector) -> Vector:
    """Return a grid of pixels inside the convex hull of some, shape (G, 2) [px]."""
    hull = cv2.convexHull(pixels.astype(np.float32))
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    xs, ys = (np.linspace(low[i], high[i], _GRID) for i in range(2))
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    inside = [cv2.pointPolygonTest(hull, (float(x), float(y)), False) >= 0.0 for x, y in grid]
    where: Vector = grid[np.array(inside)]
    return where


def projection_difference(first: Lens, second: Lens, where: Vector) -> Vector:
    """Return how far apart two lenses see the same rays, shape (G,) [px].

    Args:
        first: whose rays through `where` are taken.
        second: which sees these rays, turned by the rotation that fits best.
        where: shape (G, 2) [px].
    """
    ideal = first.normalise(where)
    rays = np.concatenate([ideal, np.ones((len(ideal), 1))], axis=1)
    if not np.isfinite(rays).all():
        return np.full(len(where), np.inf)
    turn = np.eye(3)
    step = 1e-6
    for _ in range(5):
        seen = second.project(rays @ turn.T)
        by_turn = [
            (second.project(rays @ (_small(step * axis) @ turn).T) - seen) / step
            for axis in np.eye(3)
        ]
        jacobian = np.stack([column.ravel() for column in by_turn], axis=1)
        residual = (seen - where).ravel()
        if not (np.isfinite(jacobian).all() and np.isfinite(residual).all()):
            return np.full(len(where), np.inf)
        update = np.linalg.lstsq(jacobian, -residual, rcond=None)[0]
        turn = _small(np.asarray(update, dtype=np.float64)) @ turn
    difference: Vector = np.linalg.norm(second.project(rays @ turn.T) - where, axis=1)
    return np.where(np.isfinite(difference), difference, np.inf)


def _small(vector: Vector) -> Vector:
    return np.asarray(cv2.Rodrigues(np.asarray(vector, dtype=np.float64))[0], dtype=np.float64)
