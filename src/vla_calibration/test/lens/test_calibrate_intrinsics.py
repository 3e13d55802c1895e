import json
from pathlib import Path

import cv2
from intrinsics_views import BOARD, detections, K, LENS, poses, SIZE
import numpy as np
import pytest
from vla_calibration.board.boards import Board
from vla_calibration.board.detection import Detection
from vla_calibration.board.synthetic_view import render_view
from vla_calibration.lens.calibrate_intrinsics import main
from vla_calibration.lens.camera_info import read_camera_info
from vla_calibration.lens.image_set import BoardImage, ImageSet
from vla_contract.cameras.calibration_file import load_calibration
from vla_contract.page.testing import faults_of
from vla_contract.transforms import make_transform

SAMPLES = Path(__file__).parents[4] / 'calibration_data' / 'opencv_samples'
real_images = pytest.mark.skipif(
    not (SAMPLES / 'left01.jpg').is_file(), reason='no real images; fetch them: make samples'
)
FIXED_KEYS = {
    'rms_px', 'held_out_rms_px', 'fx', 'fy', 'cx', 'cy', 'distortion', 'accepted', 'reasons'
}  # fmt: skip


@pytest.fixture(scope='module')
def three(tmp_path_factory) -> Path:
    """Three rendered views: enough to fit, too few to accept."""
    folder = tmp_path_factory.mktemp('three')
    for i, T in enumerate(poses(3, 30.0, spread=0.02)):
        cv2.imwrite(str(folder / f'view{i}.png'), render_view(BOARD, LENS, T, seed=i))
    return folder


def calibrate(images: Path, output: Path, *more: str) -> tuple[int, dict]:
    args = [str(images), '--board', '9x6', '--square-mm', '25', '--output', str(output)]
    status = main([*args, '--json', str(output / 'result.json'), *more])
    path = output / 'result.json'
    return status, json.loads(path.read_text()) if path.is_file() else {}


def test_too_few_views_are_not_accepted_and_leave_no_camera_info(three, tmp_path, capsys):
    status, found = calibrate(three, tmp_path)
    assert status == 1
    assert found.keys() >= FIXED_KEYS
    assert not found['accepted']
    assert any('found 3, needed 10' in reason for reason in found['reasons'])
    assert not (tmp_path / 'camera_info.yaml').exists()
    assert (tmp_path / 'intrinsics.html').is_file()
    assert 'no lens is written' in capsys.readouterr().out


def test_nothing_is_overwritten_without_force(three, tmp_path, capsys):
    (tmp_path / 'result.json').write_text('{}')
    status, found = calibrate(three, tmp_path)
    assert (status, found) == (2, {})
    assert 'result.json exists already; give --force' in capsys.readouterr().err
    assert calibrate(three, tmp_path, '--force')[0] == 1


@pytest.mark.parametrize(
    ('more', 'message'),
    [
        (['--camera-name', 'a b'], 'letters, digits and underscores'),
        (['--subpixel-px', '0'], '--subpixel-px: found 0; allowed: 2 to 50'),
        (['--board', '9'], "found '9'; allowed: COLSxROWS"),
        (['--square-mm', '0.025'], '0.025 mm between points; allowed: 1 to 1000 mm'),
        (['--glob', '*.bmp'], "that fits '*.bmp'"),
        (['--kind', 'charuco', '--marker-mm', '30'], 'markers of 30 mm'),
    ],
)
def test_wrong_use_is_one_sentence(three, tmp_path, capsys, more, message):
    assert calibrate(three, tmp_path, *more)[0] == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if 'error:' in line]
    assert len(errors) == 1
    assert message in errors[0]
    assert not list(tmp_path.iterdir())


def test_help_shows_an_example(capsys):
    with pytest.raises(SystemExit):
        main(['--help'])
    assert 'vla camera intrinsics' in capsys.readouterr().out


def test_the_report_shows_rejected_views_and_every_picture(tmp_path):
    from vla_calibration.lens.fit.intrinsics import calibrate_intrinsics
    from vla_calibration.lens.report import write_report

    found = detections(poses(15, 45.0))
    bad = found[0].pixels + np.random.default_rng(0).normal(0.0, 3.0, found[0].pixels.shape)
    found[0] = Detection(found[0].ids, bad, found[0].points)
    paths = [tmp_path / f'view{i:02}.png' for i in range(15)]
    for path in paths:
        cv2.imwrite(str(path), np.full((480, 640, 3), 90, np.uint8))
    used = tuple(BoardImage(p, 'x', SIZE, d) for p, d in zip(paths, found, strict=True))
    lost = BoardImage(tmp_path / 'z.png', 'y', problem='z.png is <blank>')
    result = calibrate_intrinsics(found, SIZE, 'plumb_bob_4')
    write_report(tmp_path / 'r.html', 'top', 'a board', ImageSet(SIZE, used, (lost,)), result)
    page = (tmp_path / 'r.html').read_text()
    assert faults_of(tmp_path / 'r.html') == []
    assert page.count('data:image/png;base64,') == 4
    assert page.count('data:image/jpeg;base64,') == 5
    assert 'rejected' in page
    assert 'z.png is &lt;blank&gt;' in page


def test_other_boards_can_be_named(tmp_path):
    board = Board('charuco', 9, 6, 0.03, 0.022)
    for i, T in enumerate(poses(3, 25.0, spread=0.01)):
        T = make_transform(T[:3, 3] * [0.8, 0.8, 1.3], T[:3, :3])
        cv2.imwrite(str(tmp_path / f'view{i}.png'), render_view(board, LENS, T, seed=i))
    out = tmp_path / 'out'
    args = [str(tmp_path), '--kind', 'charuco', '--board', '9x6', '--square-mm', '30']
    assert main([*args, '--marker-mm', '22', '--json', str(out / 'r.json')]) == 1
    found = json.loads((out / 'r.json').read_text())
    assert found['views'] == 3
    assert found['fx'] == pytest.approx(K[0, 0], rel=0.02)


def test_an_accepted_lens_begins_the_calibration_file_of_a_camera(tmp_path, capsys):
    samples = SAMPLES.parent / 'samples' / 'in_hand' / 'images'
    arguments = [str(samples), '--board', '9x6', '--square-mm', '25', '--root', str(tmp_path)]
    assert main([*arguments, '--camera', 'panda_table/top']) == 0
    path = tmp_path / 'panda_table' / 'top' / 'calibration.yaml'
    calibration = load_calibration(path)
    assert calibration.extrinsics is None
    lens = calibration.lens
    assert lens.accepted
    assert len(lens.provenance.images) == 20
    covariance = np.array(lens.covariance).reshape(9, 9)
    truth = load_calibration(samples.parent / 'calibration.yaml').lens
    error = np.array([lens.fx - truth.fx, lens.cx - truth.cx])
    assert (np.abs(error) < 4.0 * np.sqrt(covariance.diagonal()[[0, 2]])).all()
    assert path.with_name('intrinsics.html').is_file()
    # A pose that was computed with the old lens goes with it: that has to be asked for.
    assert main([*arguments, '--camera', 'panda_table/top']) == 2
    assert 'give --force' in capsys.readouterr().err


def test_images_of_another_resolution_than_the_cameras_are_refused(three, tmp_path, capsys):
    where = ['--camera', 'panda_table/top', '--root', str(tmp_path)]
    assert calibrate(three, tmp_path, *where)[0] == 2
    assert 'found 640x480 px; cell panda_table has camera top' in capsys.readouterr().err


@real_images
def test_opencvs_left_images_give_the_known_camera(tmp_path):
    status, found = calibrate(SAMPLES, tmp_path, '--glob', 'left*.jpg')
    assert status == 0
    assert found['accepted']
    assert found['reasons'] == []
    assert found['rms_px'] == pytest.approx(0.172, abs=0.005)
    assert found['fx'] == pytest.approx(532.8, abs=1.0)
    assert found['fy'] == pytest.approx(532.9, abs=1.0)
    assert found['held_out_rms_px'] < 0.19
    assert found['views'] == 13
    info = read_camera_info(tmp_path / 'camera_info.yaml')
    assert info.lens.K[0, 0] == found['fx']
    assert info.provenance['images']['left01.jpg'].startswith('9621899098adffa1')


@real_images
def test_the_published_calibration_is_met_within_a_percent(tmp_path):
    storage = cv2.FileStorage(str(SAMPLES / 'left_intrinsics.yml'), cv2.FILE_STORAGE_READ)
    published = storage.getNode('camera_matrix').mat()
    storage.release()
    _, found = calibrate(SAMPLES, tmp_path, '--glob', 'left*.jpg')
    ours = [found[key] for key in ('fx', 'fy', 'cx', 'cy')]
    theirs = [published[0, 0], published[1, 1], published[0, 2], published[1, 2]]
    assert ours == pytest.approx(theirs, rel=0.01)


@real_images
def test_the_view_that_too_wide_a_search_spoils_is_rejected(tmp_path):
    _, found = calibrate(SAMPLES, tmp_path, '--glob', 'left*.jpg', '--subpixel-px', '11')
    rejected = [image for image in found['images'] if not image['used']]
    assert [image['image'] for image in rejected] == ['left02.jpg']
    assert rejected[0]['rms_px'] > 1.0
    assert found['rms_px'] == pytest.approx(0.226, abs=0.005)


@real_images
def test_opencvs_right_images_are_accepted(tmp_path):
    status, found = calibrate(SAMPLES, tmp_path, '--glob', 'right*.jpg')
    assert status == 0
    assert found['rms_px'] == pytest.approx(0.178, abs=0.005)
    assert found['fx'] == pytest.approx(537.4, abs=1.0)
