from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.cameras.calibration import (
    CameraCalibration,
    Extrinsics,
    LensCalibration,
    Provenance,
    RejectedView,
    SourceImage,
)
from vla_contract.cameras.calibration_file import (
    find_calibration,
    load_calibration,
    resolve_calibration,
    save_calibration,
)
from vla_contract.errors import ContractError, ResourceNotFoundError, UnknownNameError, VlaError

SOURCE = Provenance(
    date='2026-01-02T03:04:05+00:00', method='calibrate_intrinsics', software='vla_calibration 0',
    images=(SourceImage('left01.jpg', 'ab' * 32),), rejected=(RejectedView('left02.jpg', 'blur'),),
)  # fmt: skip
LENS = LensCalibration(
    'plumb_bob', 640, 480, 532.789, 532.914, 342.481, 233.913,
    (-0.2811, 0.02726, 0.00122, -0.00013, 0.15851), SOURCE, accepted=True, rms_px=0.196,
)  # fmt: skip
POSE = Extrinsics(
    'eye-to-hand', 'base', 'camera_optical', (0.1, -0.2, 1.0 / 3.0), (0.0, 0.0, 0.6, 0.8), SOURCE,
    covariance=tuple(np.diag([4e-6, 1e-6, 9e-6, 1e-8, 1e-8, 4e-8]).ravel().tolist()),
    error_95_mm=2.5, accepted=True,
)  # fmt: skip
WHOLE = CameraCalibration(1, 'arm', 'top', LENS, POSE)
finite = st.floats(-1e6, 1e6)


@settings(deadline=None, max_examples=30)
@given(st.tuples(finite, finite, finite), st.tuples(*[st.floats(-2.0, 2.0)] * 8))
def test_what_is_saved_is_loaded_to_the_last_bit(tmp_path_factory, position, distortion):
    path = tmp_path_factory.mktemp('c') / 'arm' / 'top' / 'calibration.yaml'
    lens = replace(LENS, model='rational_polynomial', distortion=distortion)
    saved = replace(WHOLE, lens=lens, extrinsics=replace(POSE, position_m=position))
    save_calibration(saved, path)
    loaded = load_calibration(path)
    assert loaded == saved
    assert loaded.id == saved.id
    assert [file.name for file in path.parent.iterdir()] == ['calibration.yaml']


def test_the_id_changes_with_any_number():
    moved = replace(WHOLE, extrinsics=replace(POSE, position_m=(0.1, -0.2, 0.3333333)))
    assert len(WHOLE.id) == 12
    assert moved.id != WHOLE.id


def test_a_lens_alone_is_a_calibration_that_asks_for_a_pose(tmp_path):
    alone = replace(WHOLE, extrinsics=None)
    save_calibration(alone, tmp_path / 'calibration.yaml')
    loaded = load_calibration(tmp_path / 'calibration.yaml')
    assert loaded == alone
    assert not loaded.accepted
    with pytest.raises(VlaError, match='lens without a pose; run vla camera hand-eye'):
        loaded.require_extrinsics()


def test_nothing_is_overwritten_without_force(tmp_path):
    path = tmp_path / 'calibration.yaml'
    save_calibration(WHOLE, path)
    with pytest.raises(VlaError, match='exists already; give --force'):
        save_calibration(replace(WHOLE, camera='side'), path)
    assert load_calibration(path).camera == 'top'
    save_calibration(replace(WHOLE, camera='side'), path, force=True)
    assert load_calibration(path).camera == 'side'


def test_the_covariance_gives_ranges_for_randomisation():
    assert POSE.position_std_m == pytest.approx([0.002, 0.001, 0.003])
    assert POSE.rotation_std_rad == pytest.approx([1e-4, 1e-4, 2e-4])
    assert np.isnan(replace(POSE, covariance=()).position_std_m).all()


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'lens': replace(LENS, distortion=(0.1, 0.2))}, 'found 2 coefficients; allowed: 4 or 5'),
        ({'lens': replace(LENS, fx=float('nan'))}, r'lens.fx: found nan .*allowed: float in \[1'),
        ({'lens': replace(LENS, model='barrel')}, "found 'barrel'.*allowed: plumb_bob or"),
        ({'lens': replace(LENS, covariance=(1.0,) * 9)}, 'found 9 numbers; allowed: 0 or 81'),
        ({'extrinsics': replace(POSE, quaternion_xyzw=(0.0, 0.0, 0.0, 2.0))}, 'length 2'),
        ({'extrinsics': replace(POSE, child='base')}, 'base cannot be its own parent'),
        ({'extrinsics': replace(POSE, mount='wall')}, 'eye-in-hand or eye-to-hand'),
        (
            {'extrinsics': replace(POSE, covariance=tuple((-np.eye(6)).ravel().tolist()))},
            'no negative eigenvalue',
        ),
        ({'schema': 2}, r'schema: found 2 .*allowed: int in \[1, 1\]'),
    ],
)
def test_what_is_wrong_is_one_sentence_and_writes_nothing(tmp_path, change, message):
    path = tmp_path / 'calibration.yaml'
    with pytest.raises(ContractError, match=message):
        save_calibration(replace(WHOLE, **change), path)
    assert list(tmp_path.iterdir()) == []


def test_a_calibration_is_found_by_robot_and_camera(tmp_path, monkeypatch):
    path = tmp_path / 'calibration_data' / 'arm' / 'top' / 'calibration.yaml'
    save_calibration(WHOLE, path)
    monkeypatch.setenv('VLA_WORKSPACE', str(tmp_path))
    assert find_calibration('arm', 'top') == path
    assert resolve_calibration('arm/top') == path
    assert resolve_calibration(str(path)) == path
    with pytest.raises(UnknownNameError, match=r"'arm/wrist' is not in .*it has: .*arm/top"):
        resolve_calibration('arm/wrist')
    with pytest.raises(ResourceNotFoundError, match='no.yaml'):
        resolve_calibration(str(Path('no.yaml')))
