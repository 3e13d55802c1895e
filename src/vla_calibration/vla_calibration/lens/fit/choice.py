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
# A model with more freedom must predict views left out better by this share: on real images three
# models with the same RMS to 1 % differ by 2 to 16 000 px in the corner of the image.
_WORTH_IT = 0.02


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
    """Fit each model again to the views that were kept, `views`; same where all were kept."""
    if len(kept) == len(candidates[0].held_out):
        return candidates
    fits = [(c.name, fit_lens(views, state_of(c.fit.state, kept))) for c in candidates]
    return [_candidate(name, views, fit) for name, fit in fits if fit is not None]


def best_by_median(candidates: list[Candidate]) -> Candidate:
    """Choose while bad views may still be among them: by the view in the middle."""
    return _simplest(candidates, [float(np.median(c.held_out)) for c in candidates])


def best(candidates: list[Candidate]) -> Candidate:
    """Choose by all views left out."""
    return _simplest(candidates, [c.held_out_rms_px for c in candidates])


def _simplest(candidates: list[Candidate], errors: list[float]) -> Candidate:
    """Return the first, simplest model that predicts about as well as the best."""
    limit = min(errors) * (1.0 + _WORTH_IT)
    return next(c for c, error in zip(candidates, errors, strict=True) if error <= limit)


def _candidate(name: str, views: ViewStack, fit: LensFit) -> Candidate:
    held_out = held_out_rms(views, fit)
    return Candidate(name, fit, held_out, pooled(held_out, views))
