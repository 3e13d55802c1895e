"""How far a pixel may be from where a direction, or a point nearby, is really seen.

Deviations of fx and cx do not tell: they are correlated with one another and with the distortion,
and differ from what is seen in a corner by a factor of ten. As in mrcal, the covariance of the
lens is projected into the image, without the motion of the camera that a pose takes up anyway.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from vla_calibration.geometry import se3
from vla_calibration.lens.fit.fit import LensFit
from vla_calibration.lens.fit.model import distort
from vla_calibration.lens.lens import Lens
from vla_contract.values import Vector

COLUMNS, ROWS = 24, 18


@dataclass(frozen=True, eq=False)
class ProjectionUncertainty:
    """One deviation over the image, in the worst direction.

    Attributes:
        pixels: where, shape (ROWS * COLUMNS, 2) [px].
        far_px: of directions, which is of points far away, shape (ROWS * COLUMNS,) [px].
        near_px: of points as near as the boards were, likewise.
        near_m: how near that is [m].
        is_inside: which pixels lie where boards were seen, shape (ROWS * COLUMNS,).
    """

    pixels: Vector
    far_px: Vector
    near_px: Vector
    near_m: float
    is_inside: NDArray[np.bool_]

    @property
    def figures(self) -> dict[str, float]:
        """In the middle of the image, and the largest where boards were seen [px]."""
        middle = int(np.linalg.norm(self.pixels - self.pixels.mean(axis=0), axis=1).argmin())
        return {
            'far_centre': float(self.far_px[middle]),
            'far_worst': float(self.far_px[self.is_inside].max(initial=0.0)),
            'near_centre': float(self.near_px[middle]),
            'near_worst': float(self.near_px[self.is_inside].max(initial=0.0)),
            'near_m': self.near_m,
        }


def projection_uncertainty(
    fit: LensFit, covariance: Vector, lens: Lens, seen: Vector
) -> ProjectionUncertainty:
    """Project the covariance of a lens into its image.

    Args:
        fit: the lens with the poses of the boards.
        covariance: of its parameters, fx, fy, cx, cy and the distortion, shape (p, p).
        lens: the same lens.
        seen: pixels of all points used, shape (n, 2) [px].
    """
    x = (np.arange(COLUMNS) + 0.5) * lens.width / COLUMNS - 0.5
    y = (np.arange(ROWS) + 0.5) * lens.height / ROWS - 0.5
    pixels = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    hull = cv2.convexHull(seen.astype(np.float32))
    is_inside = np.array(
        [cv2.pointPolygonTest(hull, (float(a), float(b)), False) >= 0.0 for a, b in pixels]
    )
    near_m = float(np.median(np.linalg.norm(fit.state.translation, axis=1)))
    theta = fit.state.lens_theta
    ideal = lens.normalise(pixels)
    bent, by_ideal, by_distortion = distort(fit.state.model, ideal, theta[4:])
    by_lens = _by_lens(theta, bent, by_distortion)
    rays = np.column_stack([ideal, np.ones(len(ideal))])
    rays /= np.linalg.norm(rays, axis=1)[:, None]
    # d pixel / d point of points one metre away; a point twice as far away counts half.
    slope = np.zeros((len(pixels), 2, 3))
    slope[:, :, :2] = by_ideal * theta[:2, None] / rays[:, None, 2:]
    slope[:, :, 2] = -(slope[:, :, :2] @ ideal[..., None])[..., 0]
    turned = -slope @ se3.hat(rays)
    with_shift = np.concatenate([turned, slope / near_m], axis=2)
    return ProjectionUncertainty(
        pixels,
        _std(by_lens, turned, is_inside, covariance),
        _std(by_lens, with_shift, is_inside, covariance),
        near_m,
        is_inside,
    )


def _by_lens(theta: Vector, bent: Vector, by_distortion: Vector) -> Vector:
    """Return d pixel / d parameter of the lens, shape (G, 2, p)."""
    by_lens = np.zeros((len(bent), 2, len(theta)))
    by_lens[:, 0, 0], by_lens[:, 1, 1] = bent[:, 0], bent[:, 1]
    by_lens[:, 0, 2] = by_lens[:, 1, 3] = 1.0
    by_lens[:, :, 4:] = by_distortion * theta[:2, None]
    return by_lens


def _std(
    by_lens: Vector, by_motion: Vector, is_inside: NDArray[np.bool_], covariance: Vector
) -> Vector:
    """Return the deviation in the worst direction, shape (G,), less what a motion takes up."""
    motion, lens = (J[is_inside].reshape(-1, J.shape[-1]) for J in (by_motion, by_lens))
    if not (np.isfinite(motion).all() and np.isfinite(lens).all() and len(motion)):
        return np.full(len(by_lens), np.inf)
    taken_up = np.linalg.lstsq(motion, lens, rcond=None)[0]
    left = by_lens - by_motion @ taken_up
    of_pixel = left @ covariance @ np.swapaxes(left, 1, 2)
    known = np.isfinite(of_pixel).all(axis=(1, 2))
    largest = np.full(len(by_lens), np.inf)
    largest[known] = np.linalg.eigvalsh(of_pixel[known])[:, -1]
    std: Vector = np.sqrt(np.maximum(largest, 0.0))
    return std
