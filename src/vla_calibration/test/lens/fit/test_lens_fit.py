import cv2
from intrinsics_views import detections, K, LENS, poses, SIZE
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_calibration.lens.fit.fit import (
    CameraState,
    fit_lens,
    linearise,
    refit_poses,
    rotations,
)
from vla_calibration.lens.fit.held_out import held_out_rms, leave_one_out, pooled
from vla_calibration.lens.fit.model import distort
from vla_calibration.lens.fit.start import start_equidistant, start_pinhole, widen
from vla_calibration.lens.fit.view_rejection import state_of
from vla_calibration.lens.fit.view_stack import ViewStack
from vla_calibration.lens.lens import Lens

LENSES = [
    ('plumb_bob', [-0.28, 0.03, 0.001, -0.0002]),
    ('plumb_bob', [-0.28, 0.03, 0.001, -0.0002, 0.1]),
    ('rational_polynomial', [0.2, 0.1, 0.001, 0.0005, 0.02, 0.5, 0.2, 0.05]),
    ('equidistant', [0.02, -0.01, 0.003, 0.001]),
]
IDS = ['plumb_bob_4', 'plumb_bob_5', 'rational', 'equidistant']


@pytest.mark.parametrize(('model', 'values'), LENSES, ids=IDS)
def test_distortion_is_opencvs(model, values):
    ideal = np.random.default_rng(0).uniform(-0.6, 0.6, (40, 2))
    bent, _, _ = distort(model, ideal, np.array(values))
    unit = Lens(640, 480, np.eye(3), np.array(values), model)
    points = np.concatenate([ideal, np.ones((40, 1))], axis=1)
    assert bent == pytest.approx(unit.project(points), abs=1e-9)


@pytest.mark.parametrize(('model', 'values'), LENSES, ids=IDS)
def test_derivatives_are_those_of_the_residual(model, values):
    """Central differences of every parameter of lens and poses."""
    views = ViewStack.of(detections(poses(3, 40.0)))
    start = start_pinhole(views, SIZE)
    theta = np.concatenate([start.theta[:4], values])
    state = CameraState(model, theta, start.rotation, start.translation)
    here = linearise(state, views)
    still = np.zeros((3, 6))
    for i in range(len(theta)):
        step = np.zeros(len(theta))
        step[i] = 1e-6 * max(1.0, abs(theta[i]))
        ahead = linearise(state.moved(step, still), views).residual
        behind = linearise(state.moved(-step, still), views).residual
        assert here.by_theta[..., i] == pytest.approx(
            (ahead - behind) / (2.0 * step[i]), abs=2e-4, rel=1e-5
        )
    for i in range(6):
        step = np.zeros((3, 6))
        step[:, i] = 1e-6
        ahead = linearise(state.moved(np.zeros(1), step), views).residual
        behind = linearise(state.moved(np.zeros(1), -step), views).residual
        assert here.by_pose[..., i] == pytest.approx((ahead - behind) / 2e-6, abs=1e-2)


def test_rotations_are_scipys():
    vectors = np.random.default_rng(0).normal(0.0, 1.0, (20, 3))
    vectors[0] = 0.0
    assert rotations(vectors) == pytest.approx(
        Rotation.from_rotvec(vectors).as_matrix(), abs=1e-12
    )


@pytest.mark.parametrize(('count', 'flags'), [(4, cv2.CALIB_FIX_K3), (5, 0)])
def test_the_optimum_is_that_of_opencv(count, flags):
    found = detections(poses(12, 40.0))
    views = ViewStack.of(found)
    fit = fit_lens(views, widen(start_pinhole(views, SIZE), 'plumb_bob', count))
    rms, K_cv, d_cv, _, _, std, _, _ = cv2.calibrateCameraExtended(
        [d.points.astype(np.float32) for d in found],
        [d.pixels.astype(np.float32).reshape(-1, 1, 2) for d in found],
        SIZE, None, None, flags=flags,
    )  # fmt: skip
    assert fit.rms == pytest.approx(rms, abs=1e-6)
    assert fit.state.theta[:4] == pytest.approx(
        [K_cv[0, 0], K_cv[1, 1], K_cv[0, 2], K_cv[1, 2]], abs=2e-3
    )
    assert fit.state.lens(SIZE).distortion == pytest.approx(d_cv.ravel(), abs=1e-3)
    assert fit.theta_std[:4] == pytest.approx(std.ravel()[:4], rel=0.01)


def test_an_equidistant_lens_of_150_degrees_is_found():
    lens = Lens(*SIZE, np.array([[250.0, 0, 318.0], [0, 251.0, 243.0], [0, 0, 1]]),
                np.array([0.03, -0.01, 0.004, -0.001]), 'equidistant')  # fmt: skip
    found = detections(poses(14, 35.0, spread=0.3), lens, noise_px=0.1)
    views = ViewStack.of(found)
    fit = fit_lens(views, start_equidistant(views, SIZE, 600.0))
    assert fit.rms == pytest.approx(0.1, abs=0.01)
    error = fit.state.theta[:4] - [250.0, 251.0, 318.0, 243.0]
    assert (np.abs(error) < 3.0 * fit.theta_std[:4]).all()
    assert np.abs(error).max() < 1.0


def test_views_with_fewer_points_count_for_those_they_have():
    found = detections(poses(10, 40.0))
    part = found[0]
    found[0] = type(part)(part.ids[:20], part.pixels[:20], part.points[:20])
    views = ViewStack.of(found)
    fit = fit_lens(views, start_pinhole(views, SIZE))
    assert fit.count == views.count == 9 * 54 + 20
    assert (fit.residual[0][20:] == 0.0).all()
    assert fit.state.theta[0] == pytest.approx(LENS.K[0, 0], abs=4.0)


def test_leaving_a_view_out_is_as_good_as_fitting_without_it():
    views = ViewStack.of(detections(poses(11, 40.0)))
    fit = fit_lens(views, start_pinhole(views, SIZE))
    quick, lenses = held_out_rms(views, fit), leave_one_out(fit)
    exact = []
    for view in range(len(views)):
        rest = np.arange(len(views)) != view
        refit = fit_lens(views.select(rest), state_of(fit.state, rest))
        assert lenses[view][:4] == pytest.approx(refit.state.theta[:4], abs=0.05)
        only = views.select(~rest)
        state = CameraState(
            'plumb_bob', refit.state.theta, fit.state.rotation[~rest],
            fit.state.translation[~rest],
        )  # fmt: skip
        residual = linearise(refit_poses(only, state), only).residual
        exact.append(np.sqrt((residual**2).sum() / only.count))
    assert quick == pytest.approx(exact, abs=2e-3)
    assert pooled(quick, views) > fit.rms


def test_the_stated_deviation_holds_the_truth():
    """Fifty cameras: the error of fx has the size that the fit says."""
    errors = []
    for seed in range(50):
        views = ViewStack.of(detections(poses(12, 40.0, seed), seed=seed))
        fit = fit_lens(views, start_pinhole(views, SIZE))
        errors.append((fit.state.theta[0] - K[0, 0]) / fit.theta_std[0])
    assert 0.75 < np.sqrt(np.mean(np.square(errors))) < 1.3
