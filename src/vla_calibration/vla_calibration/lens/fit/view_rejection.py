"""Finds the views that do not belong: blurred, moved while exposed, corners on the wrong edge."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from vla_calibration.lens.fit.fit import CameraState, fit_lens, LensFit
from vla_calibration.lens.fit.view_stack import ViewStack
from vla_contract.values import Vector

# Whole views, not corners: an error of focus or of motion moves all corners of a view, and
# k-sigma on corners hides it. On OpenCV's left*.jpg with too wide a search the bad view scores
# 26 and the worst good one 5.
LARGEST_Z = 6.0
LARGEST_SHARE = 0.3
# Views that are alike to a tenth are all good, however small their scatter.
_SMALLEST_SPREAD = 0.1
_MAD_TO_STD = 1.4826


def robust_z(view_rms: Vector, among: NDArray[np.intp] | None = None) -> Vector:
    """Return how many robust standard deviations each view lies above the median, shape (V,).

    Args:
        view_rms: RMS of each view, shape (V,) [px].
        among: views that tell the median and the spread; None for all.
    """
    known = view_rms if among is None else view_rms[among]
    median = np.median(known)
    spread = max(_MAD_TO_STD * np.median(np.abs(known - median)), _SMALLEST_SPREAD * median)
    z: Vector = (view_rms - median) / max(spread, 1e-12)
    return z


def reject_views(views: ViewStack, fit: LensFit) -> NDArray[np.intp]:
    """Drop the worst view and fit again until none stands out, 30 % of the views at most.

    One at a time, because a bad view bends the lens and makes good ones look bad.

    Returns:
        Indices of the kept views.
    """
    kept = np.arange(len(views))
    allowed = int(LARGEST_SHARE * len(views))
    for _ in range(allowed):
        z = robust_z(fit.view_rms)
        if z.max() <= LARGEST_Z:
            break
        rest = np.arange(len(kept)) != z.argmax()
        kept = kept[rest]
        refit = fit_lens(views.select(kept), state_of(fit.state, rest))
        if refit is None:
            break
        fit = refit
    return kept


def state_of(state: CameraState, which: NDArray[np.bool_] | NDArray[np.intp]) -> CameraState:
    """Return the lens with the poses of some of the views."""
    return replace(
        state, rotation=state.rotation[which], translation=state.translation[which]
    )  # fmt: skip
