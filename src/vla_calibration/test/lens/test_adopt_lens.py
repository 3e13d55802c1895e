import numpy as np
import pytest
from vla_calibration.calibration_file import lens_of
from vla_calibration.lens.adopt_lens import main
from vla_calibration.lens.camera_info import CameraInfo, write_camera_info
from vla_calibration.lens.lens import Lens
from vla_contract.cameras.calibration_file import load_calibration

LENS = Lens(384, 384, [[700.0, 0, 190.0], [0, 701.0, 193.0], [0, 0, 1]], [-0.1, 0.02, 0, 0, 0])


def adopt(tmp_path, *more: str, lens: Lens = LENS, camera: str = 'panda_table/top') -> int:
    info = tmp_path / 'camera_info.yaml'
    write_camera_info(info, CameraInfo('top', lens), force=True)
    return main([camera, str(info), '--root', str(tmp_path), *more])


def test_a_lens_of_another_tool_is_taken_over_with_the_reason(tmp_path, capsys):
    because = ['--because', 'factory calibration']
    assert adopt(tmp_path, *because) == 0
    loaded = load_calibration(tmp_path / 'panda_table' / 'top' / 'calibration.yaml')
    assert np.array_equal(lens_of(loaded).K, LENS.K)
    assert loaded.lens.accepted
    assert loaded.lens.reasons == ('factory calibration',)
    # Nobody knows how far it is off.
    assert (loaded.lens.rms_px, loaded.lens.covariance) == (None, ())
    assert adopt(tmp_path, *because) == 2
    assert 'give --force' in capsys.readouterr().err
    assert adopt(tmp_path, *because, '--force') == 0


def test_nobody_adopts_a_lens_without_saying_why(tmp_path):
    with pytest.raises(SystemExit):
        adopt(tmp_path)


def test_a_lens_of_another_resolution_is_refused(tmp_path, capsys):
    other = Lens(640, 480, LENS.K, LENS.distortion)
    assert adopt(tmp_path, '--because', 'x', lens=other) == 2
    assert 'found 640x480 px; cell panda_table has camera top' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('camera', 'message'),
    [
        ('top', 'allowed: CELL/CAMERA'),
        ('panda_table/wrist', "camera 'wrist' is not in cell panda_table; it has: top"),
        ('pandora/top', "'pandora' is not in"),
    ],
)
def test_a_camera_that_does_not_exist_is_one_sentence(tmp_path, capsys, camera, message):
    assert adopt(tmp_path, '--because', 'x', camera=camera) == 2
    assert message in capsys.readouterr().err
