"""Lenses as Kalibr and mrcal write them."""

import ast

import numpy as np
import pytest
from vla_calibration.calibration_file import describe_lens, describe_source, lens_of, Verdict
from vla_calibration.export.exports import export, ExportOptions
from vla_calibration.export.to_calibrators import (
    kalibr_camchain,
    mrcal_cameramodel,
    read_kalibr_camchain,
)
from vla_calibration.lens.adopt_lens import main
from vla_calibration.lens.lens import Lens
from vla_contract.cameras.calibration import CameraCalibration
from vla_contract.cameras.calibration_file import load_calibration
from vla_contract.errors import VlaError

K = np.array([[700.5, 0, 190.25], [0, 701.25, 193.5], [0, 0, 1]])
FOUR = Lens(384, 384, K, [-0.1, 0.02, 1e-3, -2e-3, 0.0])
FIVE = Lens(384, 384, K, [-0.1, 0.02, 1e-3, -2e-3, 0.3])
EIGHT = Lens(384, 384, K, [0.2, -0.1, 1e-3, 5e-4, 0.02, 0.5, -0.2, 0.03], 'rational_polynomial')
FISHEYE = Lens(384, 384, K, [0.03, -0.01, 0.004, -0.001], 'equidistant')
# As Kalibr's own documentation has it.
CAMCHAIN = """
cam0:
  camera_model: pinhole
  intrinsics: [461.629, 460.152, 362.680, 246.049]
  distortion_model: radtan
  distortion_coeffs: [-0.27695497, 0.06712482, 0.00087538, 0.00011556]
  T_cam_imu: [[0.01, -0.99, 0.0, 0.0], [0.99, 0.01, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0, 0, 0, 1]]
  timeshift_cam_imu: -8.1e-05
  rostopic: /cam0/image_raw
  resolution: [752, 480]
cam1:
  camera_model: omni
  intrinsics: [0.8, 833.0, 830.3, 373.8, 253.7]
  distortion_model: radtan
  distortion_coeffs: [-0.33, 0.13, 0.0, 0.0]
  resolution: [752, 480]
"""


def calibration(lens: Lens) -> CameraCalibration:
    described = describe_lens(lens, describe_source('test'), Verdict(True), None)
    return CameraCalibration(1, 'panda_table', 'top', described)


@pytest.mark.parametrize('lens', [FOUR, FISHEYE], ids=['radtan', 'equidistant'])
def test_a_camchain_reads_back_as_the_same_lens(tmp_path, lens):
    path = tmp_path / 'camchain.yaml'
    path.write_text(kalibr_camchain(calibration(lens)))
    found = read_kalibr_camchain(path)
    points = np.random.default_rng(0).uniform([-0.3, -0.3, 0.8], [0.3, 0.3, 1.5], (50, 3))
    assert found.project(points) == pytest.approx(lens.project(points), abs=1e-9)
    assert found.size == lens.size


def test_a_camchain_of_kalibr_begins_a_calibration_file(tmp_path, capsys):
    path = tmp_path / 'camchain.yaml'
    path.write_text(CAMCHAIN.replace('[752, 480]', '[384, 384]'))
    arguments = ['panda_table/top', str(path), '--root', str(tmp_path), '--because', 'Kalibr']
    assert main(arguments) == 0
    lens = lens_of(load_calibration(tmp_path / 'panda_table' / 'top' / 'calibration.yaml'))
    assert lens.K[0].tolist() == [461.629, 0.0, 362.68]
    assert lens.distortion.tolist() == [-0.27695497, 0.06712482, 0.00087538, 0.00011556]
    assert main([*arguments, '--force', '--kalibr-camera', 'cam1']) == 2
    assert "camera_model 'omni'" in capsys.readouterr().err


def test_what_kalibr_and_mrcal_cannot_hold_is_one_sentence():
    for lens in (FIVE, EIGHT):
        with pytest.raises(VlaError, match='kalibr: found a lens.*--model plumb_bob_4'):
            kalibr_camchain(calibration(lens))
    with pytest.raises(VlaError, match='mrcal: found an equidistant lens'):
        mrcal_cameramodel(calibration(FISHEYE))


@pytest.mark.parametrize(('lens', 'count'), [(FOUR, 5), (FIVE, 5), (EIGHT, 8)])
def test_a_cameramodel_is_what_mrcal_reads(lens, count):
    """A python literal with these keys; mrcal reads it with ast.literal_eval too."""
    found = ast.literal_eval(mrcal_cameramodel(calibration(lens)))
    assert found['lensmodel'] == f'LENSMODEL_OPENCV{count}'
    assert found['intrinsics'] == [700.5, 701.25, 190.25, 193.5, *lens.distortion.tolist()]
    assert found['imagersize'] == [384, 384]
    assert found['extrinsics'] == [0.0] * 6


def test_of_all_formats_those_that_hold_the_lens_are_written(tmp_path):
    # Without a pose: formats of the lens alone.
    names = {path.name for path in export(calibration(FIVE), [], tmp_path, ExportOptions())}
    assert names == {'camera_info.yaml', 'camera.cameramodel'}
    with pytest.raises(VlaError, match='kalibr'):
        export(calibration(FIVE), ['kalibr'], tmp_path / 'other', ExportOptions())
