"""Boards that are not flat: the lens is right, and says how the board bows."""

from dataclasses import replace

from intrinsics_views import BOARD, detections, K, LENS, poses, SIZE
import numpy as np
import pytest
from vla_calibration.board.bow import bow, bowed
from vla_calibration.board.detection import Detection
from vla_calibration.board.pose import board_pose
from vla_calibration.lens.fit.fit import CameraState, fit_lens, linearise
from vla_calibration.lens.fit.intrinsics import calibrate_intrinsics, Intrinsics
from vla_calibration.lens.fit.start import start_pinhole
from vla_calibration.lens.fit.view_stack import ViewStack

POINTS = BOARD.points()
EXTENT = np.stack([POINTS.min(axis=0), POINTS.max(axis=0)])


def seen(warp_mm: tuple[float, float], views: int = 20, seed: int = 0) -> list[Detection]:
    """Return what is seen of a board that bows, as points of a flat one."""
    rng = np.random.default_rng(100 + seed)
    points = bowed(POINTS, np.array(warp_mm) / 1000.0, EXTENT)
    found = []
    for T in poses(views, 40.0, seed):
        pixels = LENS.project(points, T) + rng.normal(0.0, 0.1, (len(points), 2))
        found.append(Detection(np.arange(len(points)), pixels, POINTS))
    return found


def calibrated(warp_mm: tuple[float, float], seed: int = 0) -> Intrinsics:
    return calibrate_intrinsics(seen(warp_mm, seed=seed), SIZE)


def test_a_bow_is_one_in_the_middle_and_zero_at_the_edge():
    shape = bow(POINTS)
    assert shape[0] == pytest.approx([0.0, 0.0])
    assert shape[4] == pytest.approx([1.0, 0.0])
    assert shape.max() == pytest.approx(1.0)
    out = bowed(POINTS, np.array([2e-3, 0.0]), EXTENT)
    assert np.ptp(out[:, 2]) == pytest.approx(2e-3)
    assert out[:, :2] == pytest.approx(POINTS[:, :2])


@pytest.mark.parametrize('warp_mm', [(0.0, 0.0), (0.2, 0.0), (0.5, -0.3), (1.0, 0.0)])
def test_a_board_that_bows_gives_the_lens_and_its_bow(warp_mm):
    inside = []
    for seed in range(4):
        result = calibrated(warp_mm, seed)
        found, std = result.warp_mm
        inside.append(abs(result.lens.K[0, 0] - K[0, 0]) < 2.0 * result.std[0])
        assert (np.abs(found - warp_mm) < 4.0 * std).all()
        assert std.max() < 0.1
        assert len(result.std) == len(result.fit.state.lens_theta)
    assert sum(inside) >= 3


def test_taken_as_flat_the_same_board_gives_another_lens():
    """What this is for: four deviations off, and nothing shows it."""
    found = seen((0.5, 0.0))
    views = ViewStack.of(found)
    flat = fit_lens(views, start_pinhole(views, SIZE))
    free = calibrate_intrinsics(found, SIZE, 'plumb_bob_4')
    assert abs(flat.state.theta[0] - K[0, 0]) > 4.0 * flat.theta_std[0]
    assert abs(free.lens.K[0, 0] - K[0, 0]) < 2.5 * free.std[0]


def test_few_views_leave_the_board_flat():
    result = calibrate_intrinsics(seen((0.5, 0.0), views=6), SIZE)
    assert result.warp_mm is None
    assert not result.fit.state.is_bowed


def test_derivatives_by_the_bow_are_those_of_the_residual():
    views = ViewStack.of(detections(poses(3, 40.0)))
    start = start_pinhole(views, SIZE)
    state = replace(start.with_bow(), theta=np.append(start.theta, [3e-4, -2e-4]))
    here, still = linearise(state, views), np.zeros((3, 6))
    assert here.by_theta.shape[-1] == len(start.theta) + 2
    for i in (0, 5, len(start.theta), len(start.theta) + 1):
        step = np.zeros(len(state.theta))
        step[i] = 1e-6 * max(1.0, abs(state.theta[i]))
        ahead = linearise(state.moved(step, still), views).residual
        behind = linearise(state.moved(-step, still), views).residual
        numeric = (ahead - behind) / (2.0 * step[i])
        assert here.by_theta[..., i] == pytest.approx(numeric, abs=2e-3, rel=1e-4)
    for i in range(6):
        step = np.zeros((3, 6))
        step[:, i] = 1e-6
        ahead = linearise(state.moved(np.zeros(1), step), views).residual
        behind = linearise(state.moved(np.zeros(1), -step), views).residual
        assert here.by_pose[..., i] == pytest.approx((ahead - behind) / 2e-6, abs=1e-2)


def test_a_known_bow_gives_the_pose_of_the_board():
    warp = np.array([1e-3, 0.5e-3])
    T = poses(1, 35.0, seed=4)[0]
    points = bowed(POINTS, warp, EXTENT)
    pixels = LENS.project(points, T)
    known = board_pose(Detection(np.arange(len(points)), pixels, points), LENS)
    assert np.abs(known.T_camera_board - T).max() < 1e-6
    assert known.rms_px < 1e-4
    flat = board_pose(Detection(np.arange(len(points)), pixels, POINTS), LENS)
    assert flat.rms_px > 0.05


def test_a_state_without_bow_is_the_same_lens():
    state = CameraState('plumb_bob', np.arange(1.0, 9.0), np.zeros((0, 3, 3)), np.zeros((0, 3)))
    assert state.with_bow().lens(SIZE).K.tolist() == state.lens(SIZE).K.tolist()
    assert state.with_bow().without_bow().theta.tolist() == state.theta.tolist()
    assert state.warp.tolist() == [0.0, 0.0]
