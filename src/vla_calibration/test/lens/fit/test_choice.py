"""A lens model is chosen for what views show beyond doubt."""

from dataclasses import replace

from intrinsics_views import detections, K, LENS, poses, SIZE
import numpy as np
import pytest
from vla_calibration.lens.fit.choice import best, Candidate, CANDIDATES, try_models
from vla_calibration.lens.fit.fit import fit_lens
from vla_calibration.lens.fit.intrinsics import (
    calibrate_intrinsics,
    stated_covariance,
    stated_std,
    STD_INFLATION,
)
from vla_calibration.lens.fit.start import start_pinhole
from vla_calibration.lens.fit.view_stack import ViewStack
from vla_calibration.lens.lens import Lens


@pytest.fixture(scope='module')
def tried() -> list[Candidate]:
    """All models on a lens that plumb_bob_4 describes."""
    views = ViewStack.of(detections(poses(15, 40.0)))
    return try_models(tuple(CANDIDATES), views, start_pinhole(views, SIZE), SIZE)


def held_out(candidate: Candidate, errors: np.ndarray) -> Candidate:
    pooled = float(np.sqrt((errors**2).mean()))
    return replace(candidate, held_out=errors, held_out_rms_px=pooled)


def test_two_views_do_not_make_a_fisheye(tried):
    """A tenth better over all views, and all of it from two of them, as on a 61 degree camera."""
    simple = 0.2 + 0.01 * np.cos(np.arange(15.0))
    simple[[3, 9]] = 0.4
    fisheye = 0.2 + 0.01 * np.sin(np.arange(15.0))
    candidates = {c.name: c for c in tried}
    pair = [
        held_out(candidates['plumb_bob_4'], simple),
        held_out(candidates['equidistant'], fisheye),
    ]
    assert pair[1].held_out_rms_px < 0.9 * pair[0].held_out_rms_px
    assert best(pair).name == 'plumb_bob_4'
    # In every view by five per cent is another matter.
    better = held_out(candidates['equidistant'], 0.95 * simple)
    assert best([pair[0], better]).name == 'equidistant'


def test_few_views_choose_another_model_only_where_it_halves_every_error(tried):
    errors = np.array([0.5, 0.6, 0.7])
    simple = held_out(tried[0], errors)
    assert best([simple, held_out(tried[2], 0.8 * errors)]).name == 'plumb_bob_4'
    assert best([simple, held_out(tried[2], 0.4 * errors)]).name == 'equidistant'


def test_a_coefficient_that_views_show_is_kept_although_they_predict_alike():
    """Views left out may say nothing of k3, where the points of all of them do."""
    lens = Lens(*SIZE, K, np.array([-0.25, 0.06, 0.001, -0.0005, 0.6]))
    found = detections(poses(20, 40.0, spread=0.11), lens, noise_px=0.15)
    assert calibrate_intrinsics(found, SIZE).chosen == 'plumb_bob_5'
    assert calibrate_intrinsics(detections(poses(20, 45.0)), SIZE).chosen == 'plumb_bob_4'


def test_the_stated_deviation_grows_where_views_disagree():
    """Each board a little larger or smaller than typed: what corners do that no noise explains."""
    rng = np.random.default_rng(0)
    found = detections(poses(20, 40.0))
    agreeing = fit_lens(v := ViewStack.of(found), start_pinhole(v, SIZE))
    shear = 1.0 + rng.normal(0.0, 0.01, 20)
    spoilt = [
        replace(d, points=d.points * [s, 1.0, 1.0]) for d, s in zip(found, shear, strict=True)
    ]
    disagreeing = fit_lens(v := ViewStack.of(spoilt), start_pinhole(v, SIZE))
    for fit in (agreeing, disagreeing):
        C = stated_covariance(fit)
        assert pytest.approx(C.T) == C
        # Never below what independent points say, in any direction.
        points = STD_INFLATION**2 * fit.theta_covariance
        scale = np.sqrt(np.diag(C))
        assert np.linalg.eigvalsh((C - points) / np.outer(scale, scale)).min() > -1e-6
    plain = STD_INFLATION * agreeing.theta_std[0]
    assert stated_std(agreeing)[0] == pytest.approx(plain, rel=0.35)
    assert stated_std(disagreeing)[0] > 1.8 * STD_INFLATION * disagreeing.theta_std[0]


def test_the_deviation_over_views_is_that_of_the_jackknife():
    """Leaving each view out in turn is the other way to see how much they disagree."""
    from vla_calibration.lens.fit.held_out import leave_one_out

    views = ViewStack.of(detections(poses(40, 40.0), LENS))
    fit = fit_lens(views, start_pinhole(views, SIZE))
    shift = leave_one_out(fit) - fit.state.theta
    jackknife = np.sqrt((shift**2).sum(axis=0) * 39.0 / 40.0)
    ours = np.sqrt(np.diag(fit.clustered_covariance))
    assert ours == pytest.approx(jackknife, rel=0.3)
