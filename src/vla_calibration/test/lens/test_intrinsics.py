import cv2
from hypothesis import given, settings
from hypothesis import strategies as st
from intrinsics_views import BOARD, detections, K, LENS, poses, SIZE
import numpy as np
import pytest
from vla_calibration.board.detection import Detection
from vla_calibration.lens.coverage import Coverage
from vla_calibration.lens.fit.fit import fit_lens
from vla_calibration.lens.fit.gates import check_gates, GateFigures
from vla_calibration.lens.fit.half_split import projection_difference, region_grid
from vla_calibration.lens.fit.intrinsics import calibrate_intrinsics
from vla_calibration.lens.lens import Lens
from vla_contract.errors import VlaError

FX = K[0, 0]


def test_a_good_set_is_accepted_and_true():
    result = calibrate_intrinsics(detections(poses(20, 45.0)), SIZE)
    assert result.accepted, result.reasons
    assert result.reasons == []
    assert result.fit.rms == pytest.approx(0.2, abs=0.02)
    assert abs(result.lens.K[0, 0] - FX) < 3.0 * result.std[0]
    assert result.std[0] < 0.002 * FX
    assert len(result.lens.distortion) == 5


def test_head_on_views_are_refused_although_their_rms_passes():
    for tilt_deg in (0.5, 5.0):
        result = calibrate_intrinsics(detections(poses(20, tilt_deg)), SIZE)
        assert result.fit.rms < 0.5
        assert not result.accepted
        assert any(
            reason == 'add views tilted by more than 20 degrees: found 0, needed 5'
            for reason in result.reasons
        )


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000), st.floats(0.0, 4.9))
def test_no_head_on_set_is_ever_accepted(seed, tilt_deg):
    found = detections(poses(12, tilt_deg, seed), seed=seed)
    assert not calibrate_intrinsics(found, SIZE, 'plumb_bob_4').accepted


def test_too_few_views_say_how_many_are_missing():
    result = calibrate_intrinsics(detections(poses(8, 45.0)), SIZE)
    assert any(reason == 'add views: found 8, needed 10' for reason in result.reasons)
    with pytest.raises(VlaError, match='found the board in 2; needed at least 3'):
        calibrate_intrinsics(detections(poses(2, 45.0)), SIZE)


def test_a_bad_view_is_rejected_and_changes_nothing():
    found = detections(poses(20, 45.0))
    good = calibrate_intrinsics(found[:18], SIZE, 'plumb_bob_4')
    rng = np.random.default_rng(5)
    for view in (18, 19):
        bad = found[view].pixels + rng.normal(0.0, 2.0, found[view].pixels.shape)
        found[view] = Detection(found[view].ids, bad, found[view].points)
    result = calibrate_intrinsics(found, SIZE, 'plumb_bob_4')
    assert result.kept.tolist() == list(range(18))
    assert pytest.approx(good.lens.K, abs=1e-3) == result.lens.K
    assert result.view_rms[18:].min() > 2.0
    assert result.view_z[18:].min() > 6.0


def test_views_are_never_rejected_for_small_differences():
    result = calibrate_intrinsics(detections(poses(20, 45.0), noise_px=0.01), SIZE)
    assert len(result.kept) == 20


def test_the_model_is_the_one_that_predicts_best():
    strong = Lens(*SIZE, K, np.array([-0.4, 0.3, 0.0, 0.0, -0.25]))
    assert calibrate_intrinsics(detections(poses(20, 45.0)), SIZE).chosen == 'plumb_bob_4'
    found = detections(poses(20, 45.0, spread=0.12), strong, noise_px=0.05)
    assert calibrate_intrinsics(found, SIZE).chosen == 'plumb_bob_5'
    fisheye = Lens(*SIZE, np.array([[250.0, 0, 318.0], [0, 251.0, 243.0], [0, 0, 1]]),
                   np.array([0.03, -0.01, 0.004, -0.001]), 'equidistant')  # fmt: skip
    found = detections(poses(25, 35.0, spread=0.35), fisheye, noise_px=0.1)
    result = calibrate_intrinsics(found, SIZE)
    assert result.chosen == 'equidistant'
    assert abs(result.lens.K[0, 0] - 250.0) < 3.0 * result.std[0]


def test_opencvs_fisheye_finds_nothing_better():
    """It begins at our lens, since from elsewhere it stops far from the optimum."""
    fisheye = Lens(*SIZE, np.array([[300.0, 0, 318.0], [0, 301.0, 243.0], [0, 0, 1]]),
                   np.array([0.03, -0.01, 0.004, -0.001]), 'equidistant')  # fmt: skip
    found = detections(poses(15, 35.0, spread=0.15), fisheye, noise_px=0.1)
    whole = calibrate_intrinsics(found, SIZE, 'equidistant')
    assert len(whole.kept) == 15
    # OpenCV takes the board as flat.
    ours = fit_lens(whole.views, whole.fit.state.without_bow())
    lens = ours.state.lens(SIZE)
    rms, K_cv, _, _, _ = cv2.fisheye.calibrate(
        [d.points.reshape(-1, 1, 3) for d in found], [d.pixels.reshape(-1, 1, 2) for d in found],
        SIZE, lens.K.copy(), lens.distortion.copy(),
        flags=cv2.fisheye.CALIB_RECOMPUTE_EXTRINSIC | cv2.fisheye.CALIB_FIX_SKEW
        | cv2.fisheye.CALIB_USE_INTRINSIC_GUESS,
    )  # fmt: skip
    assert ours.rms <= rms + 1e-6
    assert pytest.approx(K_cv, abs=0.1) == lens.K


def test_lenses_that_a_rotation_makes_equal_do_not_differ():
    where = region_grid(np.array([[100.0, 80.0], [540.0, 80.0], [540.0, 400.0], [100.0, 400.0]]))
    assert projection_difference(LENS, LENS, where).max() < 1e-6
    moved = K.copy()
    moved[0, 2] += 1.0
    pinhole, shifted = Lens(*SIZE, K, np.zeros(5)), Lens(*SIZE, moved, np.zeros(5))
    # A shift of the principal point is a rotation but for the perspective it leaves.
    assert projection_difference(pinhole, shifted, where).max() < 0.4
    longer = Lens(*SIZE, np.diag([1.01, 1.01, 1.0]) @ K, np.zeros(5))
    assert projection_difference(pinhole, longer, where).max() > 1.0


def test_empty_regions_are_named():
    right = np.random.default_rng(0).uniform([330, 0], [640, 480], (2000, 2))
    coverage = Coverage.of(right, SIZE)
    assert coverage.share == pytest.approx(0.5)
    assert coverage.empty_regions == ('top left', 'centre left', 'bottom left')


@settings(deadline=None)
@given(
    st.floats(0.0, 2.0) | st.just(np.nan), st.floats(0.0, 2.0) | st.just(np.inf),
    st.floats(0.0, 1.0), st.lists(st.floats(0.0, 60.0), max_size=30),
    st.none() | st.floats(0.0, 3.0), st.floats(0.0, 100.0),
)  # fmt: skip
def test_gates_hold_exactly_where_their_figures_do(rms, held, std, tilts, split, covered):
    gates = check_gates(GateFigures(rms, held, std, tuple(tilts), split, covered, ()))
    expected = [
        rms <= 0.5, held <= 0.5, len(tilts) >= 10, sum(t > 20.0 for t in tilts) >= 5,
        std <= 0.2, split is not None and split <= 1.0, covered >= 50.0,
    ]  # fmt: skip
    assert [gate.holds for gate in gates] == expected
    for gate in gates:
        assert gate.found in gate.reason
        assert gate.needed in gate.reason


def test_an_unknown_model_is_one_sentence():
    with pytest.raises(VlaError, match="'barrel'.*plumb_bob_4"):
        calibrate_intrinsics(detections(poses(5, 40.0)), SIZE, 'barrel')


def test_what_is_no_board_is_one_sentence():
    rng = np.random.default_rng(0)
    noise = [
        Detection(np.arange(54), rng.uniform(0, 480, (54, 2)), BOARD.points()) for _ in range(12)
    ]
    with pytest.raises(VlaError, match='no lens fits these views'):
        calibrate_intrinsics(noise, SIZE)


def test_views_that_are_no_board_do_not_stop_the_others():
    found = detections(poses(18, 45.0))
    good = calibrate_intrinsics(found, SIZE, 'plumb_bob_4')
    noise = np.random.default_rng(3).uniform(0, 480, (54, 2))
    line = found[2]
    found[5:5] = [
        Detection(line.ids, noise, line.points),
        Detection(line.ids[:9], line.pixels[:9], line.points[:9]),
    ]
    result = calibrate_intrinsics(found, SIZE, 'plumb_bob_4')
    assert result.accepted, result.reasons
    assert sorted(set(range(20)) - set(result.kept.tolist())) == [5, 6]
    assert pytest.approx(good.lens.K, abs=1e-3) == result.lens.K
    assert len(result.view_rms) == len(result.view_z) == 20
