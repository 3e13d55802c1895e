from dataclasses import replace
from functools import cache
import json

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_calibration.board.boards import Board, BoardError
from vla_calibration.board.synthetic_view import render_view
from vla_calibration.calibration_file import (
    describe_lens,
    describe_pose,
    describe_source,
    Verdict,
)
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import FrameError, Pose
from vla_calibration.lens.lens import Lens
from vla_calibration.verify.board import (
    check_board,
    load_reference,
    record_reference,
    save_reference,
)
import vla_calibration.verify.record_reference
from vla_calibration.verify.verify import BAD, DEGRADED, Drift, DriftLimits, judge, OK
import vla_calibration.verify.verify_calibration
from vla_contract.cameras.calibration import CameraCalibration, SourceImage
from vla_contract.cameras.calibration_file import save_calibration
from vla_contract.errors import VlaError
from vla_contract.transforms import look_at, make_transform

LENS = Lens(
    400, 300, np.array([[375.0, 0, 201.0], [0, 374.0, 151.0], [0, 0, 1]]),
    np.array([-0.25, 0.06, 0.001, -0.0005, 0.0]),
)  # fmt: skip
BOARD = Board('chessboard', 9, 6, 0.025)
SOURCE = SourceImage('reference.png', 'ab' * 32)
EYE = np.array([0.9, 0.2, 0.55])
T_BASE_CAMERA = make_transform(EYE, look_at(EYE, np.array([0.5, 0.0, 0.0])))
T_CAMERA_BOARD = make_transform(
    np.array([-0.09, -0.07, 0.6]),
    Rotation.from_euler('xyz', [28, -14, 6], degrees=True).as_matrix(),
)


@cache
def calibration(mount: str = 'eye-to-hand', accepted: bool = True) -> CameraCalibration:
    source = describe_source('test')
    parent = 'panda_link0' if mount == 'eye-to-hand' else 'panda_hand_tcp'
    pose = Pose(parent, 'optical', T_BASE_CAMERA)
    return CameraCalibration(
        1, 'panda_table', 'top', describe_lens(LENS, source, Verdict(accepted), 0.2),
        describe_pose(pose, mount, source, Verdict(True)),
    )  # fmt: skip


def moved(twist) -> np.ndarray:
    """Return what the camera sees after it moved by a twist in its own frame."""
    T_old_new = se3.exp(np.array(twist))
    return render_view(BOARD, LENS, np.linalg.inv(T_old_new) @ T_CAMERA_BOARD, seed=1)


@pytest.fixture(scope='module')
def still() -> np.ndarray:
    return render_view(BOARD, LENS, T_CAMERA_BOARD)


def test_a_camera_that_stayed_is_ok(still):
    reference = record_reference(still, BOARD, calibration(), SOURCE)
    expected = Pose('panda_link0', 'board', T_BASE_CAMERA @ T_CAMERA_BOARD)
    assert np.linalg.norm(reference.pose.position - expected.position) < 0.001
    drift = check_board(moved([0.0] * 6), reference, calibration())
    assert drift.state == OK
    assert drift.error_px < 0.3
    assert drift.details['camera_moved_mm'] < 1.0


@pytest.mark.parametrize(
    ('twist', 'state'),
    [
        ([0.0, 0.004, 0.0, 0.0, 0.0, 0.0], DEGRADED),
        ([0.0, 0.0, 0.0, 0.0, 0.003, 0.0], DEGRADED),
        ([0.01, 0.0, 0.0, 0.0, 0.0, 0.0], BAD),
        ([0.0, 0.0, 0.0, 0.015, 0.0, 0.0], BAD),
        ([0.0, 0.0, 0.0, 0.0, 0.0, 0.02], BAD),
    ],
    ids=['turned a little', 'sunk 3 mm', 'turned', 'slid 15 mm', 'nearer by 20 mm'],
)
def test_a_camera_that_moved_is_told(still, twist, state):
    reference = record_reference(still, BOARD, calibration(), SOURCE)
    drift = check_board(moved(twist), reference, calibration())
    assert drift.state == state, drift.reason
    views = (T_CAMERA_BOARD, np.linalg.inv(se3.exp(np.array(twist))) @ T_CAMERA_BOARD)
    before, after = (LENS.project(BOARD.points(), T) for T in views)
    shift = (after - before).mean(axis=0)
    assert [drift.shift_x_px, drift.shift_y_px] == pytest.approx(shift, abs=0.15)
    turned, slid = np.degrees(np.linalg.norm(twist[:3])), 1000 * np.linalg.norm(twist[3:])
    assert drift.details['camera_turned_deg'] == pytest.approx(turned, abs=0.2)
    assert drift.details['camera_moved_mm'] == pytest.approx(slid, abs=2.5)
    # What a pick is off by, at the board, depth included.
    where = np.append(BOARD.points().mean(axis=0), 1.0)
    seen = (views[1] - views[0]) @ where
    assert drift.error_mm == pytest.approx(1000.0 * np.linalg.norm(seen), abs=0.7)


def test_a_camera_in_the_hand_needs_the_robots_pose(still):
    held = calibration('eye-in-hand')
    robot = Pose('panda_link0', 'panda_hand_tcp', se3.exp(np.array([0.2, 0, 0.4, 0.3, 0.1, 0.5])))
    with pytest.raises(VlaError, match="in the hand.*give the robot's joint positions"):
        record_reference(still, BOARD, held, SOURCE)
    reference = record_reference(still, BOARD, held, SOURCE, robot)
    assert reference.frame == 'panda_link0'
    # The arm, and the camera with it, moved; the board is where it was.
    step = se3.exp(np.array([0.02, -0.01, 0.05, 0.02, 0.01, -0.03]))
    X = T_BASE_CAMERA
    view = np.linalg.inv(X) @ np.linalg.inv(step) @ X @ T_CAMERA_BOARD
    there = Pose('panda_link0', 'panda_hand_tcp', robot.T @ step)
    drift = check_board(render_view(BOARD, LENS, view, seed=2), reference, held, there)
    assert drift.state == OK, drift.reason
    with pytest.raises(FrameError):
        check_board(still, reference, held, robot.inverse())


def test_what_cannot_be_checked_is_one_sentence(still, tmp_path):
    reference = record_reference(still, BOARD, calibration(), SOURCE)
    with pytest.raises(VlaError, match='chessboard 9x6, 25 mm is not seen'):
        check_board(np.full((300, 400), 120, np.uint8), reference, calibration())
    with pytest.raises(VlaError, match='found 200x150 px; .* is of 400x300'):
        check_board(still[::2, ::2], reference, calibration())
    with pytest.raises(VlaError, match='record it again'):
        check_board(still, replace(reference, calibration_id='0'), calibration())
    with pytest.raises(BoardError, match='half a turn'):
        record_reference(still, Board('chessboard', 8, 6, 0.025), calibration(), SOURCE)
    save_reference(reference, tmp_path / 'reference.yaml')
    assert load_reference(tmp_path / 'reference.yaml') == reference
    with pytest.raises(VlaError, match='exists already; give --force'):
        save_reference(reference, tmp_path / 'reference.yaml')


@pytest.mark.parametrize(
    ('px', 'mm', 'state'),
    [
        (0.99, 1.99, OK), (1.0, 0.1, DEGRADED), (0.1, 2.0, DEGRADED), (3.0, 0.1, BAD),
        (0.1, 5.0, BAD), (float('nan'), 0.1, BAD), (0.1, float('inf'), BAD),
    ],
)  # fmt: skip
def test_limits_belong_to_the_worse_state(px, mm, state):
    drift = judge('board', px, mm, np.zeros(2), {'points': 54.0}, DriftLimits())
    assert isinstance(drift, Drift)
    assert drift.state == state
    assert drift.plain()['points'] == 54.0


def test_the_commands_record_and_verify(still, tmp_path, capsys):
    path = tmp_path / 'calibration.yaml'
    save_calibration(calibration(), path)
    for name, image in (('still', still), ('moved', moved([0.01, 0, 0, 0, 0, 0]))):
        cv2.imwrite(str(tmp_path / f'{name}.png'), image)
    verify = vla_calibration.verify.verify_calibration.main
    stand, gone = str(tmp_path / 'still.png'), str(tmp_path / 'moved.png')
    assert verify([str(path), stand]) == 2
    assert 'nothing to compare with' in capsys.readouterr().err
    board = ['--board', '9x6', '--square-mm', '25']
    assert vla_calibration.verify.record_reference.main([str(path), stand, *board]) == 0
    assert verify([str(path), stand, '--json', str(tmp_path / 'ok.json')]) == 0
    content = json.loads((tmp_path / 'ok.json').read_text())
    assert content['state'] == 'OK'
    assert content['calibration_id'] == calibration().id
    assert verify([str(path), gone]) == 1
    assert 'BAD: board is' in capsys.readouterr().out
    assert verify([str(path), gone, '--bad-px', '50', '--bad-mm', '50']) == 0
    assert verify([str(path), gone, '--bad-px', '-1']) == 2
    save_calibration(calibration(accepted=False), path, force=True)
    assert verify([str(path), stand]) == 2
    assert 'never accepted' in capsys.readouterr().err
    assert verify([str(path), str(tmp_path / 'none.png')]) == 2
