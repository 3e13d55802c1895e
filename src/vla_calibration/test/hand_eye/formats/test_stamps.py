"""Recordings with time stamps, paired by how both turn."""

from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose
from vla_calibration.hand_eye.data import read_pose_views
from vla_calibration.hand_eye.formats.stamps import pair_by_stamps, Recording
from vla_calibration.hand_eye.hand_eye import calibrate_hand_eye
from vla_calibration.hand_eye.solve.problem import Frames, HandEyeError

X = se3.exp(np.array([0.1, -0.2, 1.4, 0.05, -0.03, 0.07]))
Y = se3.exp(np.array([0.05, 0.02, 0.6, 0.55, 0.1, 0.02]))
START_S = 1.7e9


def motion(seed: int = 0) -> CubicSpline:
    """Return twists of a hand that wanders for 40 s."""
    rng = np.random.default_rng(seed)
    knots = rng.uniform([-0.7] * 3 + [-0.15] * 3, [0.7] * 3 + [0.15] * 3, (28, 6))
    return CubicSpline(np.linspace(-1.0, 41.0, 28), knots)


def recordings(rate_hz: float = 50.0, offset_s: float = 0.0) -> tuple[Recording, Recording]:
    """Return the hand in the base, and the board in the camera by a clock that is behind."""
    path = motion()
    robot_s, camera_s = np.arange(0.0, 40.0, 1.0 / rate_hz), np.arange(2.0, 38.0, 1.0 / 15.0)
    at_camera = se3.exp(path(camera_s))
    boards = se3.inverse(at_camera @ X) @ Y
    return (
        Recording.of(START_S + robot_s, se3.exp(path(robot_s))),
        Recording.of(START_S + camera_s - offset_s, boards),
    )


@pytest.mark.parametrize('offset_s', [0.0, 0.013, -0.35, 7.25, 3600.0])
def test_the_offset_of_the_clocks_is_found_by_how_both_turn(offset_s):
    robot, board = recordings(offset_s=offset_s)
    pairs = pair_by_stamps(robot, board)
    assert pairs.offset_s == pytest.approx(offset_s, abs=0.004)
    error = se3.log(se3.inverse(Y) @ pairs.first @ X @ pairs.second)
    # 4 ms of a hand that turns by up to 60 deg/s.
    assert np.median(np.linalg.norm(error[:, :3], axis=1)) < 0.005
    assert 20 <= len(pairs.first) <= 80


def test_recordings_of_different_motions_are_refused():
    robot, board = recordings()
    other = Recording(robot.stamps, se3.exp(motion(1)(robot.stamps - START_S)))
    with pytest.raises(HandEyeError, match='time stamps: .* deg apart at the best offset'):
        pair_by_stamps(other, board)


def write(path: Path, recording: Recording, inverse: bool = False) -> Path:
    poses = se3.inverse(recording.poses) if inverse else recording.poses
    lines = []
    for stamp, T in zip(recording.stamps, poses, strict=True):
        pose = Pose('a', 'b', T)
        numbers = [*pose.position.tolist(), *pose.quaternion.tolist()]
        lines.append(', '.join([f'{stamp:.6f}', *(f'{value:.9f}' for value in numbers)]))
    path.write_text('\n'.join(lines))
    return path


def test_two_recordings_as_ethz_writes_them_give_the_camera(tmp_path):
    robot, board = recordings(rate_hz=100.0, offset_s=-1.5)
    hand = write(tmp_path / 'hand.csv', robot)
    eye = write(tmp_path / 'eye.csv', board, inverse=True)
    views = read_pose_views([hand, eye], 'eye-in-hand', Frames())
    result = calibrate_hand_eye(views.used, 'eye-in-hand')
    assert np.linalg.norm(result.camera.position - X[:3, 3]) < 1.5e-3
    assert any('the clock of hand.csv is -1.5' in note for note in views.notes)
    # The other way round it is an error that names the option, not another answer.
    turned = read_pose_views([hand, eye], 'eye-in-hand', Frames(), stamped_board='board-in-camera')
    with pytest.raises(HandEyeError, match='--stamped-board'):
        calibrate_hand_eye(turned.used, 'eye-in-hand')


def test_a_list_of_views_with_the_same_stamps_keeps_them_all(tmp_path):
    robot, board = recordings()
    poses, known = robot.at(board.stamps[::18])
    some = Recording(board.stamps[::18], poses)
    assert known.all()
    for late_s in (0.0, 3600.0):
        seen = Recording(board.stamps[::18] + late_s, board.poses[::18])
        pairs = pair_by_stamps(some, seen)
        assert len(pairs.first) == len(some.stamps)
        assert pairs.offset_s == pytest.approx(-late_s)
