"""Chooses the lens model by how well it predicts views that it was not fitted to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vla_calibration.lens.fit.fit import CameraState, fit_lens, LensFit
from vla_calibration.lens.fit.held_out import held_out_rms, pooled
from vla_calibration.lens.fit.start import start_equidistant, widen
from vla_calibration.lens.fit.view_rejection import state_of
from vla_calibration.lens.fit.view_stack import ViewStack
from vla_contract.values import Vector

# From the fewest free numbers to the most; plumb_bob_4 leaves out k3.
CANDIDATES = {
    'plumb_bob_4': ('plumb_bob', 4),
    'plumb_bob_5': ('plumb_bob', 5),
    'equidistant': ('equidistant', 4),
    'rational_polynomial': ('rational_polynomial', 8),
}
# What another model must do to be chosen: predict views left out better by this share, and do so
# view by view beyond doubt: signed ranks of the logarithms of the ratios (Wilcoxon 1945), in
# standard deviations. A fisheye reaches 4 with 25 views; what 15 views of an ordinary lens say for
# one, by 13 % of the RMS, comes from two of them and is below 0. Few views reach that never, but
# where all of them are predicted twice as well there is no doubt either.
_WORTH_IT, _BEYOND_DOUBT, _TWICE = 0.02, 2.3, 0.5
# One more coefficient of the same family is also kept where it differs from zero by so many
# deviations, as they scatter from view to view, and predicts no worse.
_SIGMAS = 3.0
# With fewer views the bow of a board and the lens are not told apart.
FEWEST_TO_BOW = 8
_GROWS_TO = {'plumb_bob_4': 'plumb_bob_5'}


@dataclass(frozen=True, eq=False)
class Candidate:
    """How one lens model did.

    Attributes:
        name: a key of CANDIDATES.
        fit: to some views.
        held_out: RMS of each of them when left out, shape (V,) [px].
        held_out_rms_px: over all points [px].
    """

    name: str
    fit: LensFit
    held_out: Vector
    held_out_rms_px: float

    @property
    def rms_px(self) -> float:
        """RMS of the fit per point [px]."""
        return self.fit.rms


def try_models(
    names: tuple[str, ...], views: ViewStack, start: CameraState, size: tuple[int, int]
) -> list[Candidate]:
    """Fit models, pinhole ones each from where the one before it ended; leave out what fails.

    Args:
        names: keys of CANDIDATES.
        views: the board's.
        start: pinhole camera without distortion, with the poses.
        size: width and height of the images [px].
    """
    tried = []
    for name in names:
        model, coefficients = CANDIDATES[name]
        if model == 'equidistant':
            fit = fit_lens(views, start_equidistant(views, size, float(start.theta[0])))
        else:
            fit = fit_lens(views, widen(start, model, coefficients))
            start = start if fit is None else fit.state
        if fit is not None:
            tried.append(_candidate(name, views, fit))
    return tried


def without_views(
    candidates: list[Candidate], kept: NDArray[np.intp], views: ViewStack
) -> list[Candidate]:
    """Fit each model again to the views that were kept, `views`, and to how their board bows.

    With few views the board is taken as flat: they would bend it to what noise says.
    """
    refitted = []
    for candidate in candidates:
        start = state_of(candidate.fit.state, kept)
        fit = None
        if len(views) >= FEWEST_TO_BOW:
            fit = fit_lens(views, start.with_bow())
        if fit is None:
            fit = fit_lens(views, start)
        if fit is not None:
            refitted.append(_candidate(candidate.name, views, fit))
    return refitted


def best_by_median(candidates: list[Candidate]) -> Candidate:
    """Choose while bad views may still be among them: by the view in the middle."""
    errors = [float(np.median(c.held_out)) for c in candidates]
    limit = min(errors) * (1.0 + _WORTH_IT)
    return next(c for c, error in zip(candidates, errors, strict=True) if error <= limit)


def best(candidates: list[Candidate]) -> Candidate:
    """Choose by all views left out: the simplest, unless another is better beyond doubt."""
    chosen = candidates[0]
    for other in candidates[1:]:
        if _predicts_better(other, chosen) or _is_seen(other, chosen):
            chosen = other
    return chosen


def _predicts_better(other: Candidate, chosen: Candidate) -> bool:
    if not other.held_out_rms_px <= (1.0 - _WORTH_IT) * chosen.held_out_rms_px:
        return False
    known = np.isfinite(chosen.held_out)
    gain = np.log(chosen.held_out[known] / other.held_out[known])
    if (gain > 0.0).all() and other.held_out_rms_px <= _TWICE * chosen.held_out_rms_px:
        return True
    return _signed_ranks(gain) >= _BEYOND_DOUBT


def _signed_ranks(gain: Vector) -> float:
    """Return how many standard deviations the signed ranks of some gains lie above zero."""
    n = len(gain)
    ranks = np.argsort(np.argsort(np.abs(gain))) + 1.0
    above = float(ranks[gain > 0.0].sum())
    spread = np.sqrt(n * (n + 1) * (2 * n + 1) / 24.0)
    return float((above - n * (n + 1) / 4.0) / max(spread, 1e-9))


def _is_seen(other: Candidate, chosen: Candidate) -> bool:
    """Whether the one coefficient that a model has more is there beyond doubt."""
    if _GROWS_TO.get(chosen.name) != other.name:
        return False
    predicts_no_worse = other.held_out_rms_px <= (1.0 + _WORTH_IT) * chosen.held_out_rms_px
    last = len(other.fit.state.lens_theta) - 1
    std = float(np.sqrt(other.fit.clustered_covariance[last, last]))
    return predicts_no_worse and abs(float(other.fit.state.theta[last])) >= _SIGMAS * std


def _candidate(name: str, views: ViewStack, fit: LensFit) -> Candidate:
    held_out = held_out_rms(views, fit)
    return Candidate(name, fit, held_out, pooled(held_out, views))
