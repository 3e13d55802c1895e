"""The samples that the simulator rendered: what is calibrated from them is what it drew."""

import json
from pathlib import Path
import shutil

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_calibration.hand_eye.calibrate_hand_eye import main as calibrate_hand_eye
from vla_calibration.lens.calibrate_intrinsics import main as calibrate_intrinsics
from vla_contract.cameras.calibration_file import load_calibration
from vla_contract.deployment.deployment import load_deployment
from vla_contract.schema import load_document, load_yaml
from vla_sim_bridge.calibration_scenes.render_calibration_set import CalibrationSet
import yaml

SAMPLES = Path(__file__).parents[2] / 'calibration_data' / 'samples'
SETS = ('in_hand', 'beside')


@pytest.mark.parametrize('name', SETS)
def test_the_camera_is_found_where_the_simulator_has_it(name, tmp_path):
    truth, out = SAMPLES / name / 'calibration.yaml', tmp_path / 'out.json'
    lens = ['--camera-info', str(truth)]
    assert calibrate_hand_eye([str(SAMPLES / name), *lens, '--json', str(out)]) == 0
    found = json.loads(out.read_text())
    pose = load_calibration(truth).require_extrinsics()
    assert (found['setup'], found['parent']) == (pose.mount, pose.parent)
    offset_mm = np.array(found['translation_mm']) - 1000.0 * np.array(pose.position_m)
    assert np.linalg.norm(offset_mm) < 1.0
    assert np.linalg.norm(offset_mm) < found['error_95_mm']
    turn = Rotation.from_quat(found['quaternion_xyzw']).inv() * Rotation.from_quat(
        pose.quaternion_xyzw
    )
    assert np.degrees(turn.magnitude()) < 0.1
    assert found['used'] == 20


def under_another_name(name: str, folder: Path, views: slice) -> None:
    """Copy some of the views beside the robot as those of a camera of this name."""
    shutil.copytree(SAMPLES / 'beside', folder)
    session = load_yaml(folder / 'session.yaml') | {
        'camera': name,
        'camera_frame': f'{name}_frame',
    }
    (folder / 'session.yaml').write_text(yaml.safe_dump(session))
    index = load_document(folder / 'cal_data.yaml')
    (folder / 'cal_data.yaml').write_text(yaml.safe_dump(index[views]))


def test_several_cameras_are_calibrated_together(tmp_path):
    """One camera under two names stands in one place."""
    under_another_name('left', tmp_path / 'a', slice(0, 20, 2))
    under_another_name('right', tmp_path / 'b', slice(1, 20, 2))
    files = [str(tmp_path / name / 'calibration.yaml') for name in 'ab']
    folders, out = [str(tmp_path / name) for name in 'ab'], tmp_path / 'out.json'
    page = tmp_path / 'page.html'
    arguments = [*folders, '--calibration', *files, '--json', str(out), '--report', str(page)]
    # They hold the truth already.
    assert calibrate_hand_eye(arguments) == 2
    assert calibrate_hand_eye([*arguments, '--force']) == 0
    found = json.loads(out.read_text())
    assert list(found['cameras']) == ['left', 'right']
    (between,) = found['between']
    assert (between['parent'], between['child']) == ('left_frame', 'right_frame')
    assert np.linalg.norm(between['translation_mm']) < 4.0 * np.linalg.norm(
        between['position_std_mm']
    )
    truth = load_calibration(SAMPLES / 'beside' / 'calibration.yaml').require_extrinsics()
    for file, name in zip(files, ('left', 'right'), strict=True):
        pose = load_calibration(Path(file)).require_extrinsics()
        assert np.array(pose.position_m) == pytest.approx(truth.position_m, abs=1e-3)
        assert (tmp_path / f'page-{name}.html').is_file()


@pytest.mark.parametrize('name', SETS)
def test_the_lens_is_found_that_the_simulator_has(name, tmp_path):
    out = tmp_path / 'out.json'
    board = ['--board', '9x6', '--square-mm', '25']
    assert calibrate_intrinsics([str(SAMPLES / name / 'images'), *board, '--json', str(out)]) == 0
    found, lens = (
        json.loads(out.read_text()),
        load_calibration(SAMPLES / name / 'calibration.yaml').lens,
    )
    for key in ('fx', 'fy', 'cx', 'cy'):
        assert abs(found[key] - getattr(lens, key)) < 4.0 * found['std'][key]


def test_the_samples_are_what_the_simulator_renders_today():
    with CalibrationSet(load_deployment('calibrate_in_hand'), seed=0) as scene:
        _, _, image = next(scene.views())
    stored = cv2.imread(str(SAMPLES / 'in_hand' / 'images' / '0000.jpg'), cv2.IMREAD_GRAYSCALE)
    # JPEG and another renderer change shades, not places.
    assert np.abs(image.astype(float) - stored).mean() < 3.0
