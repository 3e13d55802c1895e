"""Boards that look the same after a turn: the robot tells which way round they were."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from vla_calibration.board.boards import Board
from vla_calibration.board.synthetic_view import render_view
from vla_calibration.board.turned import turns
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose
from vla_calibration.geometry.pose_text import flat_values
from vla_calibration.hand_eye.calibrate_hand_eye import main
from vla_calibration.hand_eye.solve.origin import settle_turns
from vla_calibration.hand_eye.solve.problem import HandEyeError
from vla_calibration.hand_eye.study import BOARD, LENS, Sample, Scenario, simulate
from vla_calibration.lens.camera_info import CameraInfo, write_camera_info
import yaml

SQUARE = Board('circles', 9, 9, 0.02)


def sample(setup: str = 'eye-in-hand', views: int = 12, seed: int = 3) -> Sample:
    return simulate(Scenario(views, 45, 0.1, 0.5, 0.1, setup), np.random.default_rng(seed))


@pytest.mark.parametrize('setup', ['eye-in-hand', 'eye-to-hand'])
@pytest.mark.parametrize('board', [Board('chessboard', 9, 7, 0.025), SQUARE], ids=['half', 'four'])
@pytest.mark.parametrize('views', [5, 12, 30])
def test_the_robot_settles_which_way_round_each_board_was(setup, board, views):
    rng = np.random.default_rng(views)
    given, possible = sample(setup, views), turns(board)
    hidden = rng.integers(0, len(possible), views)
    problem = given.problem
    seen = type(problem)(
        problem.A, problem.B @ possible[hidden], problem.S, board.points().mean(axis=0),
        problem.gripper_is_reference,
    )  # fmt: skip
    choice = settle_turns(seen, possible)
    B = seen.B @ possible[choice]
    # Which way round the first one is stays open; all others agree with it.
    away = se3.inverse(problem.B) @ B
    angles = np.linalg.norm(
        se3.rotation_vectors((se3.inverse(away[:1]) @ away)[:, :3, :3]), axis=1
    )
    assert angles.max() < 1e-6


def test_a_robot_that_tells_nothing_is_one_sentence():
    given = sample().problem
    of_others = type(given)(np.roll(given.A, 1, axis=0), given.B, given.S, given.board_centre)
    with pytest.raises(HandEyeError, match='do not tell which way round'):
        settle_turns(of_others, turns(SQUARE))


def write_folder(folder: Path, board: Board) -> np.ndarray:
    """Write rendered views of a board with the robot's poses; return the true X."""
    given = simulate(Scenario(9, 45, 1e-6, 0.0, 0.0), np.random.default_rng(7))
    centre = board.points().mean(axis=0) - BOARD.points().mean(axis=0)
    index = []
    for i, (A, T) in enumerate(zip(given.problem.A, given.problem.B, strict=True)):
        # The middle of this board where that of the study's is.
        shift = np.eye(4)
        shift[:3, 3] = -centre
        cv2.imwrite(str(folder / f'{i}.png'), render_view(board, LENS, T @ shift, seed=i))
        pose = flat_values(Pose('base', 'gripper', A))
        (folder / f'{i}.yaml').write_text(yaml.safe_dump(pose))
        index.append({'image': f'{i}.png', 'pose': f'{i}.yaml'})
    (folder / 'cal_data.yaml').write_text(yaml.safe_dump(index))
    write_camera_info(folder / 'camera_info.yaml', CameraInfo('wrist', LENS, {'std': {'fx': 0.6}}))
    return given.X


@pytest.mark.parametrize('size', ['8x6', '8x8'])
def test_rendered_boards_that_look_the_same_after_a_turn_give_the_camera(tmp_path, size):
    cols, rows = map(int, size.split('x'))
    X = write_folder(tmp_path, Board('chessboard', cols, rows, 0.022))
    out = tmp_path / 'out.json'
    command = [str(tmp_path), '--setup', 'eye-in-hand', '--board', size, '--square-mm', '22']
    assert main([*command, '--json', str(out)]) == 0
    found = json.loads(out.read_text())
    assert np.linalg.norm(np.array(found['translation_mm']) - 1000.0 * X[:3, 3]) < 1.0
    assert found['plane_error_mm']['mean'] < 0.3


def test_too_few_views_say_why_each_image_was_not_used(tmp_path, capsys):
    write_folder(tmp_path, Board('chessboard', 9, 6, 0.022))
    for i in range(7):
        image = cv2.imread(str(tmp_path / f'{i}.png'))
        image[:, :330] = 120
        cv2.imwrite(str(tmp_path / f'{i}.png'), image)
    command = [str(tmp_path), '--setup', 'eye-in-hand', '--board', '9x6', '--square-mm', '22']
    assert main(command) == 2
    said = capsys.readouterr().err
    assert 'found 2 usable views' in said
    for i in range(7):
        assert f'skipped: {i}.png shows no whole 9x6 chessboard' in said


def test_several_cameras_need_a_board_whose_origin_is_seen(tmp_path, capsys):
    for name in ('left', 'right'):
        (tmp_path / name).mkdir()
        write_folder(tmp_path / name, Board('chessboard', 8, 6, 0.022))
    folders = [str(tmp_path / 'left'), str(tmp_path / 'right')]
    command = [*folders, '--setup', 'eye-in-hand', '--board', '8x6', '--square-mm', '22']
    assert main(command) == 2
    assert 'looks the same after half a turn' in capsys.readouterr().err
