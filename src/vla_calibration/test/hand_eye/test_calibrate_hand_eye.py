from functools import cache
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from vla_calibration.board.boards import Board
from vla_calibration.board.synthetic_view import render_view
from vla_calibration.calibration_file import describe_lens, describe_source, save_lens, Verdict
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose
from vla_calibration.hand_eye.calibrate_hand_eye import _parser, main
from vla_calibration.hand_eye.input import read_inputs
from vla_calibration.hand_eye.study import LENS, Sample, Scenario, simulate
from vla_calibration.lens.camera_info import CameraInfo, write_camera_info
from vla_calibration.lens.lens import Lens
from vla_contract.cameras.calibration_file import load_calibration
from vla_contract.errors import VlaError
from vla_contract.page.testing import faults_of
import yaml

BOARD = Board('charuco', 9, 7, 0.025, 0.018)
OPTIONS = ('--kind', 'charuco', '--board', '9x7', '--square-mm', '25', '--marker-mm', '18')
VIEWS = 9


@cache
def images() -> tuple[np.ndarray, ...]:
    """Render the boards as the study places them; the same in both set-ups."""
    boards = sample('eye-in-hand', corner_px=1e-6).problem.B
    return tuple(render_view(BOARD, LENS, T, seed=i) for i, T in enumerate(boards))


def sample(setup: str, corner_px: float = 0.1) -> Sample:
    return simulate(Scenario(VIEWS, 45, corner_px, 0.0, 0.0, setup), np.random.default_rng(7))


def write_folder(folder: Path, setup: str) -> np.ndarray:
    """Write what a camera sees along a path of the robot; return the true X."""
    given = sample(setup)
    index = []
    for i, (A, image) in enumerate(zip(given.problem.A, images(), strict=True)):
        cv2.imwrite(str(folder / f'{i}.png'), image)
        T = se3.inverse(A) if setup == 'eye-to-hand' else A
        pose = Pose('base', 'gripper', T)
        values = [*pose.position.tolist(), *pose.quaternion.tolist()]
        keys = ('x', 'y', 'z', 'qx', 'qy', 'qz', 'qw')
        (folder / f'{i}.yaml').write_text(yaml.safe_dump(dict(zip(keys, values, strict=True))))
        index.append({'image': f'{i}.png', 'pose': f'{i}.yaml'})
    (folder / 'cal_data.yaml').write_text(yaml.safe_dump(index))
    info = CameraInfo('wrist', LENS, {'std': {'fx': 0.6}})
    write_camera_info(folder / 'camera_info.yaml', info)
    return given.X


@pytest.mark.parametrize('setup', ['eye-in-hand', 'eye-to-hand'])
def test_rendered_images_give_the_camera_to_a_millimetre(tmp_path, setup, capsys):
    X = write_folder(tmp_path, setup)
    out, page = tmp_path / 'out.json', tmp_path / 'out.html'
    arguments = [str(tmp_path), '--setup', setup, *OPTIONS, '--json', str(out)]
    assert main([*arguments, '--report', str(page)]) == 0
    found = json.loads(out.read_text())
    error_mm = np.linalg.norm(np.array(found['translation_mm']) - 1000.0 * X[:3, 3])
    assert error_mm < 1.0
    assert error_mm < found['error_95_mm'] < 5.0
    assert found['accepted']
    assert found['used'] == VIEWS
    assert found['plane_error_mm']['mean'] < 0.3
    assert np.array(found['covariance']).reshape(6, 6).trace() > 0.0
    assert {'quaternion_xyzw', 'loo_mm', 'reasons', 'methods', 'per_view'} <= set(found)
    shown = page.read_text()
    assert shown.count('<svg') == 4
    assert 'stated error, 95 %' in shown
    # The board where robot and calibration say that it is, in the worst views and the best.
    assert shown.count('data:image/jpeg') == 4
    assert faults_of(page) == []
    assert 'accepted' in capsys.readouterr().out
    # Nothing is overwritten, and that is said before the work.
    assert main(arguments) == 2
    assert 'give --force' in capsys.readouterr().err


def test_the_other_setup_is_an_error_that_says_so(tmp_path, capsys):
    write_folder(tmp_path, 'eye-to-hand')
    assert main([str(tmp_path), '--setup', 'eye-in-hand', *OPTIONS]) == 2
    assert 'the other set-up was meant' in capsys.readouterr().err


def test_what_is_missing_is_one_sentence(tmp_path, capsys):
    write_folder(tmp_path, 'eye-in-hand')
    folder = str(tmp_path)
    small = Lens(320, 240, LENS.K, LENS.distortion)
    write_camera_info(tmp_path / 'small.yaml', CameraInfo('wrist', small))
    eye = ['--setup', 'eye-in-hand']
    for arguments, message in (
        ([folder, *OPTIONS], '--setup: found None; allowed: eye-in-hand, eye-to-hand'),
        ([folder, *eye], 'need --board and --square-mm'),
        ([folder, *eye, '--board', '9x6'], '--board: needs --square-mm'),
        ([folder, *eye, *OPTIONS, '--dictionary', '5x5_100'], 'DICT_5X5_100 is meant'),
        ([folder, *eye, *OPTIONS, '--camera-info', str(tmp_path / 'no.yaml')], 'not found'),
        ([folder, *eye, *OPTIONS, '--camera-info', str(tmp_path / 'small.yaml')], '320x240'),
        ([folder, *eye, *OPTIONS, '--largest-error-mm', '-1'], 'largest_error_mm: found -1'),
        ([folder, folder, *eye, *OPTIONS], 'allowed: each once'),
        ([folder, str(tmp_path / '0.yaml'), *eye, *OPTIONS], 'found images and poses'),
        ([folder, *eye, *OPTIONS, '--camera-info', 'a', 'b'], 'found 2 files for 1 folders'),
        ([str(tmp_path / 'none.yaml'), *eye], 'poses not found'),
    ):
        assert main(arguments) == 2
        assert message in capsys.readouterr().err


def test_a_view_that_shows_too_little_is_named(tmp_path, capsys):
    write_folder(tmp_path, 'eye-in-hand')
    image = cv2.imread(str(tmp_path / '2.png'), cv2.IMREAD_GRAYSCALE)
    image[:, :380] = 120
    cv2.imwrite(str(tmp_path / '2.png'), image)
    out = tmp_path / 'out.json'
    main([str(tmp_path), '--setup', 'eye-in-hand', *OPTIONS, '--json', str(out)])
    (rejected,) = json.loads(out.read_text())['rejected']
    assert rejected['view'] == '2.png'
    assert 'needed: more than half' in rejected['reason'] or 'shows no' in rejected['reason']
    assert 'rejected     2.png' in capsys.readouterr().out


def test_an_accepted_pose_goes_into_the_calibration_file(tmp_path, capsys):
    X = write_folder(tmp_path, 'eye-in-hand')
    path = tmp_path / 'calibration.yaml'
    lens = describe_lens(LENS, describe_source('test'), Verdict(True), 0.2)
    save_lens(path, 'my_arm', 'wrist', lens)
    arguments = [str(tmp_path), '--setup', 'eye-in-hand', *OPTIONS, '--calibration', str(path)]
    assert main([*arguments, '--largest-error-mm', '0.2']) == 1
    assert load_calibration(path).extrinsics is None
    assert 'the calibration is left as it is' in capsys.readouterr().out
    assert main(arguments) == 0
    pose = load_calibration(path).require_extrinsics()
    assert pose.accepted
    assert np.array(pose.position_m) == pytest.approx(X[:3, 3], abs=1e-3)
    assert len(pose.provenance.images) == VIEWS
    assert 1000.0 * pose.position_std_m.max() < pose.statistical_95_mm
    assert main(arguments) == 2
    assert 'has a pose already' in capsys.readouterr().err


def test_a_folder_of_the_capture_node_says_everything_itself(tmp_path):
    X = write_folder(tmp_path, 'eye-in-hand')
    session = {
        'schema': 1, 'cell': 'my_cell', 'cell_sha256': '0', 'camera': 'wrist',
        'setup': 'eye-in-hand', 'base_frame': 'base', 'tool_frame': 'gripper',
        'camera_frame': 'wrist_optical',
        'board': {'kind': 'charuco', 'cols': 9, 'rows': 7, 'square_m': 0.025, 'marker_m': 0.018},
    }  # fmt: skip
    (tmp_path / 'session.yaml').write_text(yaml.safe_dump(session))
    out = tmp_path / 'out.json'
    assert main([str(tmp_path), '--json', str(out)]) == 0
    found = json.loads(out.read_text())
    assert (found['parent'], found['child']) == ('gripper', 'wrist_optical')
    assert np.array(found['translation_mm']) == pytest.approx(1000.0 * X[:3, 3], abs=1.0)


def test_images_with_poses_in_one_file_need_no_index(tmp_path, capsys):
    X = write_folder(tmp_path, 'eye-in-hand')
    poses = sample('eye-in-hand').problem.A
    listed = tmp_path / 'poses.txt'
    for i in range(VIEWS):
        (tmp_path / f'{i}.yaml').unlink()
    (tmp_path / 'cal_data.yaml').unlink()
    np.savetxt(listed, poses.reshape(-1, 4))
    out = tmp_path / 'out.json'
    eye = ['--setup', 'eye-in-hand', *OPTIONS]
    assert main([str(tmp_path), *eye, '--robot-poses', str(listed), '--json', str(out)]) == 0
    found = json.loads(out.read_text())
    assert np.array(found['translation_mm']) == pytest.approx(1000.0 * X[:3, 3], abs=1.0)
    np.savetxt(listed, poses[:-1].reshape(-1, 4))
    assert main([str(tmp_path), *eye, '--robot-poses', str(listed)]) == 2
    assert f'found {VIEWS - 1} poses for {VIEWS} images' in capsys.readouterr().err


def test_the_bow_that_the_lens_was_calibrated_with_is_used_for_the_same_board(tmp_path):
    write_folder(tmp_path, 'eye-in-hand')
    parser = _parser()

    def given(board_name: str, *more: str):
        known = {
            'std': {'fx': 0.06}, 'board_bow_mm': [1.0, 0.0], 'board_bow_std_mm': [0.1, 0.1],
            'board_name': board_name,
        }  # fmt: skip
        info = CameraInfo('wrist', LENS, known)
        write_camera_info(tmp_path / 'camera_info.yaml', info, force=True)
        arguments = [str(tmp_path), '--setup', 'eye-in-hand', *OPTIONS, *more]
        (camera,) = read_inputs(parser.parse_args(arguments))
        return camera

    same, other = given(str(BOARD)), given('chessboard 9x6, 25 mm')
    height = np.concatenate([view.points[:, 2] for view in same.views.used])
    assert 0.9e-3 < height.max() <= 1.0e-3
    assert all((view.points[:, 2] == 0.0).all() for view in other.views.used)
    # What a bow does to a lens that was fitted to a flat board is in no deviation.
    assert same.budget.focal_sigma_percent == pytest.approx(0.01)
    assert other.budget.focal_sigma_percent == 0.2
    asked = given('chessboard 9x6, 25 mm', '--focal-sigma-percent', '0.05')
    assert asked.budget.focal_sigma_percent == 0.05


def test_the_calibration_file_says_how_the_board_bowed(tmp_path):
    path = tmp_path / 'calibration.yaml'
    bow = (np.array([0.3, -0.1]), np.array([0.02, 0.03]))
    lens = describe_lens(LENS, describe_source('test', BOARD), Verdict(True), 0.2, bow_mm=bow)
    save_lens(path, 'my_arm', 'wrist', lens)
    loaded = load_calibration(path).lens
    assert (loaded.board_bow_mm, loaded.board_bow_std_mm) == ((0.3, -0.1), (0.02, 0.03))
    flat = describe_lens(LENS, describe_source('test', BOARD), Verdict(True), 0.2)
    save_lens(path, 'my_arm', 'wrist', flat, force=True)
    assert 'board_bow' not in path.read_text()
    path.write_text(path.read_text().replace('  accepted: true', '  board_bow_mm: [0.3]'))
    with pytest.raises(VlaError, match='board_bow_mm.*0 or 2'):
        load_calibration(path)
