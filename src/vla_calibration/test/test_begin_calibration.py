import numpy as np
import pytest
from vla_calibration.begin_calibration import lens_of_camera_info, main
from vla_calibration.calibration_file import lens_of
from vla_calibration.camera_info import CameraInfo, write_camera_info
from vla_calibration.lens import Lens
from vla_contract.camera_calibration_file import load_calibration

LENS = Lens(384, 384, [[700.0, 0, 190.0], [0, 701.0, 193.0], [0, 0, 1]], [-0.1, 0.02, 0, 0, 0])
NAMES = ('fx', 'fy', 'cx', 'cy', 'k1', 'k2', 'p1', 'p2', 'k3')
OURS = {
    'accepted': True, 'rms_px': 0.2, 'held_out_rms_px': 0.21,
    'std': dict.fromkeys(NAMES, 0.5), 'date': '2026-01-01T00:00:00+00:00', 'opencv': '4.13.0',
    'board': {'kind': 'chessboard', 'cols': 9, 'rows': 6, 'square_mm': 25.0},
    'images': {'left01.jpg': 'ab' * 32},
}  # fmt: skip


def test_the_evidence_of_calibrate_intrinsics_goes_into_the_file(tmp_path):
    info = tmp_path / 'camera_info.yaml'
    write_camera_info(info, CameraInfo('top', LENS, OURS))
    arguments = ['panda_2f85', 'top', str(info), '--output', str(tmp_path)]
    assert main(arguments) == 0
    loaded = load_calibration(tmp_path / 'panda_2f85' / 'top' / 'calibration.yaml')
    assert np.array_equal(lens_of(loaded).K, LENS.K)
    lens = loaded.lens
    assert (lens.accepted, lens.rms_px, lens.held_out_rms_px) == (True, 0.2, 0.21)
    assert np.array(lens.covariance).reshape(9, 9) == pytest.approx(0.25 * np.eye(9))
    assert lens.provenance.images[0].file == 'left01.jpg'
    assert lens.provenance.date == OURS['date']
    assert 'cols 9, rows 6, square_mm 25.0' in lens.provenance.board
    assert main(arguments) == 2
    assert main([*arguments, '--force']) == 0


def test_a_lens_of_another_tool_needs_a_reason(tmp_path, capsys):
    info = tmp_path / 'camera_info.yaml'
    write_camera_info(info, CameraInfo('top', LENS))
    arguments = ['panda_2f85', 'top', str(info), '--output', str(tmp_path)]
    assert main(arguments) == 1
    assert '--because TEXT' in capsys.readouterr().out
    assert not (tmp_path / 'panda_2f85').exists()
    assert main([*arguments, '--because', 'factory calibration']) == 0
    lens = load_calibration(tmp_path / 'panda_2f85' / 'top' / 'calibration.yaml').lens
    assert lens.accepted
    assert lens.reasons == ('factory calibration',)
    assert lens.rms_px is None


def test_a_lens_of_another_resolution_is_refused(tmp_path, capsys):
    info = tmp_path / 'camera_info.yaml'
    write_camera_info(info, CameraInfo('top', Lens(640, 480, LENS.K, LENS.distortion)))
    assert main(['panda_2f85', 'top', str(info), '--because', 'x']) == 2
    assert 'found 640x480 px; contract panda_2f85 has camera top' in capsys.readouterr().err


def test_provenance_of_any_shape_is_read():
    for odd in ({'board': 'x', 'images': [1], 'std': {'fx': 1.0}, 'rms_px': 'low'}, {'std': 3}):
        lens = lens_of_camera_info(CameraInfo('top', LENS, odd), 'why')
        assert lens.covariance == ()
        assert lens.rms_px is None


def test_a_k3_that_was_not_estimated_has_no_variance(tmp_path):
    info = tmp_path / 'camera_info.yaml'
    fitted = OURS | {'std': dict.fromkeys(NAMES[:8], 0.5)}
    write_camera_info(info, CameraInfo('top', LENS, fitted))
    assert main(['panda_2f85', 'top', str(info), '--output', str(tmp_path)]) == 0
    loaded = load_calibration(tmp_path / 'panda_2f85' / 'top' / 'calibration.yaml')
    variances = np.array(loaded.lens.covariance).reshape(9, 9).diagonal()
    assert variances == pytest.approx([0.25] * 8 + [0.0])
