"""Check a calibration by the arm itself: its outline, drawn from the joints, against an image.

Every point p of the outline asks whether the image has an edge there, across the same direction.
With the outline's unit normal n and the image's gradient g, the answer is (n g)^2 / (g^2 + t^2),
from 0 to 1 whatever the contrast. Written as n' S n with S = g g' / (g^2 + t^2) it is linear in S,
so the mean over the outline for every shift of it is three correlations (fast directional
chamfer matching, Liu et al. 2010, asks the same question by distance).
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from vla_calibration.calibration_file import lens_of
from vla_calibration.verify.verify import Drift, DriftLimits, judge, require_size
from vla_contract.cameras.calibration import CameraCalibration
from vla_contract.errors import VlaError
from vla_contract.values import Image, Vector

Mask = NDArray[np.bool_]
# Draws the arm for joint positions, shape (D,): where it is seen, shape (H, W), and how far [m].
DrawArm = Callable[[Vector], tuple[Mask, float]]

_BLUR_PX = 1.2
# How far the blur and the gradient reach from the border of the image.
_BORDER_PX = 4
# Gradient that counts half as an edge [grey levels per px]: three times the noise that a blur of
# 1.2 px leaves of a good sensor's 2 levels.
_EDGE = 3.0
# A shorter outline decides nothing [px].
_SHORTEST_PX = 100
# Below this share of edges under the outline, the image shows another arm, or none.
_LEAST_AGREEMENT = 0.45
# How much better the best place must be than the best one 4 px and more away.
_LEAST_LEAD = 1.15
_APART_PX = 4
# An outline of parallel lines leaves the shift along them open: the ratio of curvatures.
_LEAST_CURVATURE = 0.03


@dataclass(frozen=True, eq=False)
class Alignment:
    """Where an outline fits best.

    Attributes:
        shift: of the image against the outline, x and y, shape (2,) [px].
        agreement: share of the outline with an edge under it, there, from 0 to 1.
        agreement_unmoved: the same without the shift.
        lead: agreement over that of the best place elsewhere.
    """

    shift: Vector
    agreement: float
    agreement_unmoved: float
    lead: float


def align(image: Image, mask: Mask, reach_px: int = 24) -> Alignment:
    """Find how far the arm in an image is from where it was drawn.

    Args:
        image: shape (H, W) or (H, W, 3).
        mask: where the arm should be, shape (H, W).
        reach_px: largest shift that is looked for, along each axis [px].

    Raises:
        VlaError: too little of the arm is in view, or the image does not decide.
    """
    normals, weight = _outline(mask)
    if weight.sum() < _SHORTEST_PX:
        raise VlaError(
            f'silhouette: {int(weight.sum())} px of outline are in view; needed: '
            f'{_SHORTEST_PX}, move the arm into the image'
        )
    scores = _scores(_edges(image), normals, weight, reach_px)
    row, column = np.unravel_index(int(scores.argmax()), scores.shape)
    best = float(scores[row, column])
    lead = best / max(_best_elsewhere(scores, int(row), int(column)), 1e-9)
    if best < _LEAST_AGREEMENT or lead < _LEAST_LEAD:
        raise VlaError(
            f'silhouette: {best:.0%} of the outline has an edge under it, {lead:.2f} times the '
            f'next best place; needed: {_LEAST_AGREEMENT:.0%} and {_LEAST_LEAD:g} times (another '
            f'pose, other joint positions, or moved further than {reach_px} px?)'
        )
    if not (0 < row < 2 * reach_px and 0 < column < 2 * reach_px):
        raise VlaError(f'silhouette: it moved {reach_px} px or more, further than was looked for')
    offset = _peak(scores[row - 1 : row + 2, column - 1 : column + 2])
    shift = np.array([column - reach_px, row - reach_px]) + offset
    return Alignment(shift, best, float(scores[reach_px, reach_px]), lead)


def check_silhouette(
    image: Image,
    joints: Vector,
    draw: DrawArm,
    calibration: CameraCalibration,
    limits: DriftLimits | None = None,
) -> Drift:
    """Compare where the arm is seen with where the calibration puts it.

    Args:
        image: shape (H, W) or (H, W, 3), taken while the arm stood still.
        joints: positions then, in the cell's order, shape (D,) [rad or m].
        draw: draws the arm as this calibration sees it.
        calibration: to be checked.
        limits: where DEGRADED and BAD begin.

    Raises:
        VlaError: the image does not decide; says why.
    """
    require_size(image, calibration)
    mask, depth_m = draw(joints)
    found = align(image, mask)
    shift_px = float(np.linalg.norm(found.shift))
    K = lens_of(calibration).K
    error_mm = 1000.0 * shift_px * depth_m / float(np.sqrt(K[0, 0] * K[1, 1]))
    details = {
        'agreement': found.agreement,
        'agreement_unmoved': found.agreement_unmoved,
        'lead': found.lead,
    }
    return judge('silhouette', shift_px, error_mm, found.shift, details, limits or DriftLimits())


def _outline(mask: Mask) -> tuple[Vector, Vector]:
    """Return unit normals, shape (H, W, 2), and how much outline is at each pixel, shape (H, W).

    The weight is the slope of the softened mask: as much inside as outside, one for each pixel
    along the outline. Where the mask meets the border of the image there is no edge in the world.
    """
    gradient = _gradient(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), _BLUR_PX))
    weight = np.hypot(gradient[..., 0], gradient[..., 1])
    inner = np.zeros(mask.shape, dtype=bool)
    inner[_BORDER_PX:-_BORDER_PX, _BORDER_PX:-_BORDER_PX] = True
    weight[~inner] = 0.0
    return gradient / np.maximum(weight, 1e-9)[..., None], weight


def _edges(image: Image) -> Vector:
    """Return S = g g' / (|g|^2 + t^2) as its three entries xx, xy, yy, shape (H, W, 3)."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image
    g = _gradient(cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _BLUR_PX))
    x, y = g[..., 0], g[..., 1]
    scale = 1.0 / (x * x + y * y + _EDGE**2)
    return np.stack([x * x * scale, x * y * scale, y * y * scale], axis=-1)


def _gradient(values: Vector) -> Vector:
    """Return the slope along x and y, shape (H, W, 2) [1/px]."""
    x = cv2.Sobel(values, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    y = cv2.Sobel(values, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return np.stack([x, y], axis=-1)


def _scores(edges: Vector, normals: Vector, weight: Vector, reach_px: int) -> Vector:
    """Return the mean answer of the outline at every shift, shape (2 reach + 1, 2 reach + 1)."""
    x, y = normals[..., 0], normals[..., 1]
    templates = (x * x * weight, 2.0 * x * y * weight, y * y * weight)
    total = sum(
        _correlate(edges[..., i], template, reach_px) for i, template in enumerate(templates)
    )
    inside = _correlate(np.ones_like(weight), weight, reach_px)
    scores: Vector = np.asarray(total, dtype=np.float64) / np.maximum(inside, 1.0)
    return scores


def _correlate(field: Vector, template: Vector, reach_px: int) -> Vector:
    padded = np.pad(field.astype(np.float32), reach_px)
    correlation = cv2.matchTemplate(padded, template.astype(np.float32), cv2.TM_CCORR)
    return np.asarray(correlation, dtype=np.float64)


def _best_elsewhere(scores: Vector, row: int, column: int) -> float:
    elsewhere = scores.copy()
    low = np.maximum([row - _APART_PX, column - _APART_PX], 0)
    elsewhere[low[0] : row + _APART_PX + 1, low[1] : column + _APART_PX + 1] = 0.0
    return float(elsewhere.max())


def _peak(around: Vector) -> Vector:
    """Return where a parabola through 3x3 values peaks, x and y, shape (2,) [px].

    Raises:
        VlaError: the values are a ridge, not a peak.
    """
    gradient = np.array([around[1, 2] - around[1, 0], around[2, 1] - around[0, 1]]) / 2.0
    xx = around[1, 2] - 2.0 * around[1, 1] + around[1, 0]
    yy = around[2, 1] - 2.0 * around[1, 1] + around[0, 1]
    xy = (around[2, 2] - around[2, 0] - around[0, 2] + around[0, 0]) / 4.0
    curvature = np.array([[xx, xy], [xy, yy]])
    low, high = np.linalg.eigvalsh(curvature)
    if high > -1e-12 or high / low < _LEAST_CURVATURE:
        raise VlaError(
            'silhouette: its outline is of parallel lines, along which a shift cannot be seen; '
            'move the arm'
        )
    offset: Vector = np.clip(-np.linalg.solve(curvature, gradient), -1.0, 1.0)
    return offset
