"""The samples that the simulator rendered: what is calibrated from them is what it drew."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_calibration.calibrate_hand_eye import main as calibrate_hand_eye
from vla_calibration.calibrate_intrinsics import main as calibrate_intrinsics
from vla_contract.camera_calibration_file import load_calibration
from vla_contract.contract import load_contract
from vla_sim_bridge.render_calibration_set import CalibrationSet
from vla_sim_bridge.world_config import load_world_config

SAMPLES = Path(__file__).parent.parent / 'calibration_data' / 'samples'
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
    contract = load_contract('panda_2f85')
    world = load_world_config('calibrate_in_hand')
    with CalibrationSet(contract, world, seed=0) as scene:
        _, _, image = next(scene.views())
    stored = cv2.imread(str(SAMPLES / 'in_hand' / 'images' / '0000.jpg'), cv2.IMREAD_GRAYSCALE)
    # JPEG and another renderer change shades, not places.
    assert np.abs(image.astype(float) - stored).mean() < 3.0
