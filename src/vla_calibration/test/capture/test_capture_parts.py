"""Stillness, interpolation, blur and what a view is worth."""

import cv2
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_calibration.board.boards import Board
from vla_calibration.board.detection import detect, Detection
from vla_calibration.board.pose import board_pose, pose_information
from vla_calibration.board.sharpness import blur_px
from vla_calibration.board.synthetic_view import render_view
from vla_calibration.board.view_geometry import view_geometry
from vla_calibration.capture.joint_history import JointHistory
from vla_calibration.capture.settle import (
    carried_motion,
    CornerStillness,
    StillnessLimits,
    unsettled,
)
from vla_calibration.capture.views.information import (
    view_information,
    ViewNoise,
    worst_axis_sigma_m,
)
from vla_calibration.capture.views.next_view import Candidate, is_well_in_view, propose
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose
from vla_calibration.hand_eye.solve.gls import fit, RobotSigma
from vla_calibration.hand_eye.solve.problem import Problem
from vla_calibration.lens.lens import Lens
from vla_contract.transforms import make_transform
from vla_contract.values import JointSample, to_ns

BOARD = Board('chessboard', 9, 6, 0.025)
POINTS = BOARD.points()
LENS = Lens(640, 480, [[600, 0, 319.5], [0, 600, 239.5], [0, 0, 1]], np.zeros(5))
NOISE = ViewNoise(0.2, 0.0005, np.radians(0.1))


def seen_from(tilt_deg=0.0, about='x', distance_m=0.45, turn_deg=0.0) -> np.ndarray:
    """The board with its middle on the optical axis, turned and tilted."""
    turn = Rotation.from_euler('z', turn_deg, degrees=True)
    turn = Rotation.from_euler(about, tilt_deg, degrees=True) * turn
    return make_transform(
        [0.0, 0.0, distance_m] - turn.apply(POINTS.mean(axis=0)), turn.as_matrix()
    )


SHARP = render_view(BOARD, LENS, seen_from(20.0), noise=0.0)


def sample(time_s: float, position: float) -> JointSample:
    return JointSample(to_ns(time_s), np.array([position]), np.zeros(1))


def test_joints_are_interpolated_at_the_stamp_and_never_beyond():
    history = JointHistory(to_ns(10.0))
    for k in range(11):
        history.offer(sample(0.1 * k, 0.2 * k))
    assert history.at(to_ns(0.55), to_ns(0.2)) == pytest.approx([1.1])
    assert history.at(to_ns(1.0), to_ns(0.2)) == pytest.approx([2.0])
    assert history.at(to_ns(1.01), to_ns(0.2)) is None
    assert history.at(to_ns(-0.01), to_ns(0.2)) is None
    assert history.at(to_ns(0.55), to_ns(0.05)) is None, 'a gap too long to trust'


def test_history_forgets_what_is_old_and_what_a_restarted_clock_makes_wrong():
    history = JointHistory(to_ns(1.0))
    for k in range(31):
        history.offer(sample(0.1 * k, k))
    assert not history.covers(to_ns(1.9))
    assert history.covers(to_ns(2.0))
    assert len(history.between(0, to_ns(3.0))) == 11
    history.offer(sample(0.5, 0.0))
    assert len(history.between(0, to_ns(3.0))) == 1


def test_carried_motion_is_in_millimetres_and_degrees():
    turned = Rotation.from_euler('z', 0.5, degrees=True).as_matrix()
    poses = [
        Pose('base', 'tool', make_transform(np.array([0.001, 0.0, 0.0]), np.eye(3))),
        Pose('base', 'tool', make_transform(np.zeros(3), turned)),
        Pose('base', 'tool', np.eye(4)),
    ]
    assert carried_motion(poses) == pytest.approx((1.0, 0.5))


def corners(shift_px: float) -> Detection:
    pixels = LENS.project(POINTS, seen_from()) + [shift_px, 0.0]
    return Detection(np.arange(len(POINTS)), pixels, POINTS)


def test_corner_stillness_needs_the_whole_window():
    still = CornerStillness(to_ns(0.5))
    for k in range(5):
        still.offer(to_ns(0.1 * k), corners(0.0))
    assert still.motion_px() is None
    still.offer(to_ns(0.5), corners(0.15))
    assert still.motion_px() == pytest.approx(0.15)
    still.offer(to_ns(0.6), None)
    assert still.motion_px() is None


def test_motion_older_than_the_window_no_longer_counts():
    still = CornerStillness(to_ns(0.5))
    for k in range(20):
        still.offer(to_ns(0.1 * k), corners(10.0 if k < 10 else 0.0))
    assert still.motion_px() == 0.0


def test_every_reason_names_what_moved_and_what_is_allowed():
    limits = StillnessLimits()
    assert unsettled((0.1, 0.01), 0.1, limits) == ()
    assert unsettled((0.3, 0.01), 0.1, limits) == (
        'the arm moved 0.3 mm and 0.01 deg (allowed 0.2 mm, 0.02 deg)',
    )
    assert unsettled((0.0, 0.0), 0.5, limits) == ('the board moved 0.5 px (allowed 0.2)',)
    assert len(unsettled(None, None, limits)) == 2


@pytest.mark.parametrize('sigma', [1.0, 2.0, 4.0])
@pytest.mark.parametrize('contrast', [0.7, 0.3])
def test_blur_is_measured_in_pixels_whatever_the_contrast(sigma, contrast):
    sharp = SHARP
    grey = cv2.GaussianBlur(sharp.astype(float), (0, 0), sigma)
    image = np.clip(40 + contrast * grey, 0, 255).astype(np.uint8)
    noisy = np.clip(image + np.random.default_rng(0).normal(0, 2, image.shape), 0, 255)
    # The rendering itself is blurred by its pixels and by 0.6 px.
    expected = np.hypot(sigma, 0.67)
    found = blur_px(noisy.astype(np.uint8), LENS.project(POINTS, seen_from(20.0)))
    assert found == pytest.approx(expected, rel=0.25)


def test_a_blank_image_is_infinitely_blurred():
    blank = np.full((480, 640), 128, np.uint8)
    assert blur_px(blank, LENS.project(POINTS, seen_from())) == float('inf')


def test_geometry_says_tilt_distance_and_turn():
    geometry = view_geometry(seen_from(30.0, 'y', 0.5), POINTS)
    assert geometry.tilt_deg == pytest.approx(30.0)
    assert geometry.distance_m == pytest.approx(0.5)
    assert view_geometry(seen_from(turn_deg=40.0), POINTS).turn_deg == pytest.approx(40.0)


def test_pose_information_is_that_of_central_differences():
    T, step = seen_from(25.0), 1e-6
    columns = [
        LENS.project(POINTS, se3.exp(twist) @ T) - LENS.project(POINTS, se3.exp(-twist) @ T)
        for twist in step * np.eye(6)
    ]
    J = np.stack([column.ravel() / (2.0 * step) for column in columns], axis=1)
    assert pose_information(T, POINTS, LENS) == pytest.approx(J.T @ J, rel=1e-4, abs=1e-2)


def views(count: int, tilt_deg: float, roll_deg: float, seed: int) -> list[np.ndarray]:
    """Views that are tilted and rolled by up to these angles."""
    rng = np.random.default_rng(seed)
    result = []
    for _ in range(count):
        angles = np.radians(rng.uniform(-1, 1, 3) * [tilt_deg, tilt_deg, roll_deg])
        turn = Rotation.from_euler('xyz', angles)
        middle = np.array([*rng.uniform(-0.04, 0.04, 2), rng.uniform(0.35, 0.55)])
        result.append(make_transform(middle - turn.apply(POINTS.mean(axis=0)), turn.as_matrix()))
    return result


def total_information(boards: list[np.ndarray]) -> np.ndarray:
    tool = se3.inverse(make_transform(np.array([0.05, -0.03, 0.07]), np.eye(3)))
    return sum(view_information(T, tool, POINTS, LENS, NOISE) for T in boards)


def test_the_forecast_is_the_covariance_that_the_solver_states():
    boards = views(15, 45.0, 45.0, 0)
    X = make_transform(np.array([0.05, -0.03, 0.07]), np.eye(3))
    Y = make_transform(
        np.array([0.5, 0.0, 0.0]), Rotation.from_euler('x', 180.0, True).as_matrix()
    )
    B = np.array(boards)
    A = Y @ se3.inverse(X @ B)
    S = [0.2**2 * np.linalg.inv(pose_information(T, POINTS, LENS)) for T in boards]
    problem = Problem(A, B, np.array(S), POINTS.mean(axis=0))
    answer = fit(problem, X, Y, RobotSigma(np.radians(0.1), 0.0005), robust=False)
    stated = np.sqrt(np.linalg.eigvalsh(answer.position_covariance)[-1])
    assert worst_axis_sigma_m(total_information(boards)) == pytest.approx(stated, rel=1e-3)


@pytest.mark.parametrize(
    ('tilt_deg', 'roll_deg', 'published_mm'), [(45, 45, 0.38), (15, 15, 1.22), (5, 90, 2.48)]
)
def test_the_forecast_matches_the_published_study(tilt_deg, roll_deg, published_mm):
    sigmas = [
        1000 * worst_axis_sigma_m(total_information(views(15, tilt_deg, roll_deg, seed)))
        for seed in range(10)
    ]
    assert np.median(sigmas) == pytest.approx(published_mm, rel=0.45)


def test_turning_about_one_axis_only_determines_nothing():
    boards = [seen_from(turn_deg=turn) for turn in (0.0, 40.0, 80.0, 120.0)]
    assert worst_axis_sigma_m(total_information(boards)) > 0.02
    assert worst_axis_sigma_m(np.zeros((12, 12))) == float('inf')
    assert worst_axis_sigma_m(total_information(boards[:1])) == float('inf')


@settings(deadline=None, max_examples=5)
@given(seed=st.integers(0, 1000))
def test_the_best_next_view_beats_a_random_one(seed):
    so_far = total_information(views(5, 15.0, 15.0, seed))
    tool = se3.inverse(make_transform(np.array([0.05, -0.03, 0.07]), np.eye(3)))
    candidates = [Candidate(np.zeros(8), T, tool) for T in views(40, 45.0, 45.0, seed + 1)]
    seen = [c for c in candidates if is_well_in_view(c.T_camera_board, POINTS, LENS)]
    best = propose(so_far, candidates, POINTS, LENS, NOISE)
    one = view_information(seen[0].T_camera_board, tool, POINTS, LENS, NOISE)
    assert best.gain > 0.0
    assert best.sigma_m <= worst_axis_sigma_m(so_far)
    assert best.gain >= propose(so_far, seen[:1], POINTS, LENS, NOISE).gain
    assert worst_axis_sigma_m(so_far + one) > 0.0


def test_what_the_camera_cannot_see_is_never_proposed():
    assert is_well_in_view(seen_from(30.0), POINTS, LENS)
    behind = seen_from()
    behind[2, 3] = -0.4
    aside = seen_from()
    aside[0, 3] += 0.4
    for T in (behind, aside, seen_from(75.0), seen_from(180.0), seen_from(distance_m=0.1)):
        assert not is_well_in_view(T, POINTS, LENS)
        assert propose(np.zeros((12, 12)), [Candidate(np.zeros(8), T, np.eye(4))], POINTS, LENS,
                       NOISE) is None  # fmt: skip


def test_a_rendered_board_is_seen_sharp_and_where_it_is():
    T = seen_from(25.0, 'y')
    image = render_view(BOARD, LENS, T)
    found = detect(image, BOARD)
    assert blur_px(image, found.pixels) < 1.0
    assert board_pose(found, LENS).T_camera_board == pytest.approx(T, abs=2e-3)
