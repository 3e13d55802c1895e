from dataclasses import replace
import hashlib

import numpy as np
import pytest
from vla_calibration.board.boards import Board
from vla_calibration.calibration_file import (
    covariance_in_parent,
    describe_lens,
    describe_pose,
    describe_source,
    lens_of,
    pose_of,
    save_lens,
    save_pose,
    Verdict,
)
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose
from vla_calibration.lens.lens import Lens
from vla_contract.cameras.calibration_file import load_calibration
from vla_contract.errors import VlaError

LENS = Lens(640, 480, [[600.0, 0, 322.0], [0, 598.0, 241.0], [0, 0, 1]], [-0.25, 0.06, 0.001, 0.0])
POSE = Pose('base', 'optical', se3.exp(np.array([0.3, -0.7, 1.1, 0.4, 0.2, 0.6])))


def test_lens_and_pose_come_back_as_they_went(tmp_path):
    image = tmp_path / 'left01.png'
    image.write_bytes(b'pixels')
    board = Board('charuco', 10, 7, 0.025, 0.018)
    source = describe_source('test', board, [image], {'left02.png': 'blurred'})
    covariance = np.diag(np.arange(1.0, 9.0))
    path = tmp_path / 'arm' / 'top' / 'calibration.yaml'
    lens = describe_lens(LENS, source, Verdict(True), 0.2, 0.21, covariance)
    save_lens(path, 'arm', 'top', lens)
    pose = describe_pose(
        POSE, 'eye-to-hand', source, Verdict(False, ('too few views',)), np.eye(6) * 1e-6, 1.0, 2.0
    )
    saved = save_pose(path, pose)
    loaded = load_calibration(path)
    assert loaded == saved
    read = lens_of(loaded)
    assert (read.size, read.model) == (LENS.size, LENS.model)
    assert np.array_equal(read.K, LENS.K)
    assert np.array_equal(read.distortion, LENS.distortion)
    assert pytest.approx(POSE.T, abs=1e-15) == pose_of(loaded).T
    assert (pose_of(loaded).parent, pose_of(loaded).child) == ('base', 'optical')
    assert loaded.lens.provenance.images[0].sha256 == hashlib.sha256(b'pixels').hexdigest()
    assert loaded.lens.provenance.board == 'charuco 10x7, 25 mm, markers 18 mm of DICT_5X5_100'
    assert loaded.lens.provenance.rejected[0].reason == 'blurred'
    assert loaded.lens.accepted
    assert not loaded.accepted


def test_a_new_lens_drops_the_pose_that_was_computed_with_the_old_one(tmp_path):
    path, source = tmp_path / 'calibration.yaml', describe_source('test')
    lens = describe_lens(LENS, source, Verdict(True), 0.2)
    pose = describe_pose(POSE, 'eye-to-hand', source, Verdict(True))
    with pytest.raises(VlaError, match='run vla camera intrinsics first'):
        save_pose(path, pose)
    save_lens(path, 'arm', 'top', lens)
    save_pose(path, pose)
    with pytest.raises(VlaError, match='has a pose already'):
        save_pose(path, pose)
    with pytest.raises(VlaError, match='exists already; give --force'):
        save_lens(path, 'arm', 'top', lens)
    assert load_calibration(path).accepted
    save_lens(path, 'arm', 'top', replace(lens, rms_px=0.3), force=True)
    assert load_calibration(path).extrinsics is None


def test_the_covariance_is_that_of_position_and_turn_in_the_parent():
    """Against the spread of poses that were moved by random right twists."""
    rng = np.random.default_rng(0)
    root = rng.normal(0.0, 1e-3, (6, 6))
    twists = rng.normal(size=(40_000, 6)) @ root.T
    moved = POSE.T @ se3.exp(twists)
    turns = se3.rotation_vectors(moved[:, :3, :3] @ POSE.rotation.T)
    samples = np.concatenate([moved[:, :3, 3] - POSE.position, turns], axis=1)
    expected = np.cov(samples.T)
    got = covariance_in_parent(root @ root.T, POSE.T)
    assert got == pytest.approx(expected, abs=0.03 * np.abs(expected).max())
