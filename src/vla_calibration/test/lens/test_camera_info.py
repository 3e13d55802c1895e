from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_calibration.lens.camera_info import (
    CameraInfo,
    CameraInfoError,
    read_camera_info,
    rectified,
    write_camera_info,
)
from vla_calibration.lens.lens import Lens
from vla_contract.errors import VlaError
import yaml

K = np.array([[532.789, 0, 342.481], [0, 532.914, 233.913], [0, 0, 1]])
LENS = Lens(640, 480, K, np.array([-0.281, 0.0273, 0.00122, -0.00013, 0.1585]))
COUNTS = {'plumb_bob': 5, 'rational_polynomial': 8, 'equidistant': 4}
# As camera_calibration writes it, after its documentation.
OST = """image_width: 640
image_height: 480
camera_name: narrow_stereo
camera_matrix:
  rows: 3
  cols: 3
  data: [438.78356,   0.     , 305.59338,
           0.     , 437.30248, 243.73801,
           0.     ,   0.     ,   1.     ]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [-0.361976, 0.110510, 0.001014, 0.000505, 0.000000]
rectification_matrix:
  rows: 3
  cols: 3
  data: [1., 0., 0., 0., 1., 0., 0., 0., 1.]
projection_matrix:
  rows: 3
  cols: 4
  data: [393.65372,   0.     , 322.79794,   0.     ,
           0.     , 389.36276, 244.62494,   0.     ,
           0.     ,   0.     ,   1.     ,   0.     ]
"""


@settings(deadline=None, max_examples=25)
@given(
    st.sampled_from(sorted(COUNTS)), st.lists(st.floats(-1.0, 1.0), min_size=8, max_size=8),
    st.floats(100.0, 5000.0), st.floats(1.0, 2000.0),
)  # fmt: skip
def test_every_digit_comes_back(tmp_path_factory, model, values, focal, centre):
    K = np.array([[focal, 0, centre], [0, focal * 1.01, centre / 3.0], [0, 0, 1]])
    lens = Lens(1280, 720, K, np.array(values[: COUNTS[model]]), model)
    path = tmp_path_factory.mktemp('info') / 'camera.yaml'
    if model == 'plumb_bob':
        lens = Lens(1280, 720, K, 0.2 * lens.distortion, model)
    if model == 'rational_polynomial':
        lens = Lens(1280, 720, K, 0.01 * lens.distortion, model)
    write_camera_info(path, CameraInfo('wrist_cam', lens, {'rms_px': 0.2}))
    back = read_camera_info(path)
    assert back.lens.K.tolist() == lens.K.tolist()
    assert back.lens.distortion.tolist() == lens.distortion.tolist()
    assert (back.lens.size, back.lens.model) == (lens.size, lens.model)
    assert (back.name, back.provenance) == ('wrist_cam', {'rms_px': 0.2})


def test_the_file_has_what_the_parser_of_ros_asserts(tmp_path):
    path = tmp_path / 'camera.yaml'
    write_camera_info(path, CameraInfo('camera', LENS))
    text = path.read_text()
    assert '%YAML' not in text
    assert '!!' not in text
    content = yaml.safe_load(text)
    shapes = {
        'camera_matrix': (3, 3), 'rectification_matrix': (3, 3), 'projection_matrix': (3, 4),
        'distortion_coefficients': (1, 5),
    }  # fmt: skip
    for key, (rows, cols) in shapes.items():
        assert list(content[key]) == ['rows', 'cols', 'data']
        assert (content[key]['rows'], content[key]['cols']) == (rows, cols)
        assert len(content[key]['data']) == rows * cols
        assert all(type(value) is float for value in content[key]['data'])
    assert content['distortion_model'] == 'plumb_bob'
    assert (content['image_width'], content['image_height']) == (640, 480)


def test_files_of_camera_calibration_are_read(tmp_path):
    path = tmp_path / 'ost.yaml'
    path.write_text(OST)
    info = read_camera_info(path)
    assert info.lens.K[0, 0] == 438.78356
    assert info.lens.distortion[1] == 0.11051
    assert info.provenance == {}


def test_the_rectified_projection_keeps_the_principal_ray_in_sight():
    P = rectified(LENS)
    assert P.shape == (3, 4)
    assert 0.0 < P[0, 2] < 640.0
    fisheye = Lens(640, 480, K, np.zeros(4), 'equidistant')
    assert rectified(fisheye)[:, :3].tolist() == K.tolist()


def test_a_lens_that_leaves_no_valid_pixel_keeps_its_camera_matrix():
    K = np.array([[100.0, 0, 1.0], [0, 101.0, 1.0 / 3.0], [0, 0, 1]])
    folded = Lens(1280, 720, K, [0, -0.01, 0, 0.01, 0, 0, 0, -0.005], 'rational_polynomial')
    assert rectified(folded)[:, :3].tolist() == K.tolist()


def test_nothing_is_overwritten_without_being_asked(tmp_path):
    path = tmp_path / 'camera.yaml'
    write_camera_info(path, CameraInfo('camera', LENS))
    with pytest.raises(VlaError, match='exists already; give --force'):
        write_camera_info(path, CameraInfo('other', LENS))
    write_camera_info(path, CameraInfo('other', LENS), force=True)
    assert read_camera_info(path).name == 'other'
    assert [p.name for p in tmp_path.iterdir()] == ['camera.yaml']


@pytest.mark.parametrize('name', ['wrist cam', 'cam/1', '', 'kamera-1', 'a\n'])
def test_names_that_drivers_refuse_are_refused(name):
    with pytest.raises(CameraInfoError, match='letters, digits and underscores'):
        CameraInfo(name, LENS)


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('camera_matrix:', 'camera_matrices:', 'camera_matrix: found nothing'),
        ('image_width: 640', 'image_width: wide', "image_width: found 'wide'"),
        ('image_width: 640', 'image_width: 0', 'image_width: found 0'),
        ('cols: 5', 'cols: 4', 'distortion_coefficients: found 1 x 4 and 5 numbers'),
        ('cols: 5', 'cols: many', 'distortion_coefficients: found 1 x many'),
        ('plumb_bob', 'barrel', "'barrel' is unknown"),
        ('438.78356', '.nan', 'camera_matrix'),
        ('438.78356', 'long', 'camera_matrix'),
        ('narrow_stereo', 'narrow stereo', 'letters, digits'),
        ('image_width', '%YAML:1.0\nimage_width', 'not valid YAML'),
    ],
)
def test_damaged_files_are_one_sentence(tmp_path, old, new, message):
    path = tmp_path / 'damaged.yaml'
    path.write_text(OST.replace(old, new, 1))
    with pytest.raises(VlaError, match=message) as error:
        read_camera_info(path)
    assert 'damaged.yaml' in str(error.value)
    assert '\n' not in str(error.value)
