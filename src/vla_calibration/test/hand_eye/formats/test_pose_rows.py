import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose_text import PoseTextError
from vla_calibration.hand_eye.data import read_pose_views
from vla_calibration.hand_eye.formats.rows import natural, read_poses, RowFormat
from vla_calibration.hand_eye.hand_eye import calibrate_hand_eye
from vla_calibration.hand_eye.solve.problem import Frames
from vla_calibration.hand_eye.study import Scenario, simulate
from vla_contract.errors import ResourceNotFoundError

POSES = se3.exp(np.random.default_rng(0).uniform(-1.0, 1.0, (6, 6)))
TURNS = Rotation.from_matrix(POSES[:, :3, :3])


def rows(numbers: np.ndarray) -> str:
    return '\n'.join(', '.join(f'{value:.12f}' for value in row) for row in numbers)


def with_angles(angles: np.ndarray, scale: float = 1.0) -> str:
    return rows(np.column_stack([scale * POSES[:, :3, 3], angles]))


WRITTEN = {
    'blocks.txt': ('\n\n'.join(rows(T) for T in POSES), RowFormat()),
    'brackets.txt': (
        '\n'.join(f'[{row}]' for T in POSES for row in rows(T).splitlines()), RowFormat()
    ),
    'flat.csv': ('a 4x4 matrix in each row\n' + rows(POSES.reshape(6, 16)), RowFormat()),
    'three.txt': (rows(POSES[:, :3].reshape(6, 12)), RowFormat()),
    'xyzw.txt': ('# x y z qx qy qz qw\n' + with_angles(TURNS.as_quat()), RowFormat()),
    'wxyz.txt': (
        with_angles(TURNS.as_quat()[:, [3, 0, 1, 2]]), RowFormat(rotation='wxyz'),
    ),
    'ur.txt': (with_angles(TURNS.as_rotvec()), RowFormat(rotation='rotvec_rad')),
    'fanuc.txt': (
        with_angles(TURNS.as_euler('xyz', degrees=True), 1000.0), RowFormat('mm', 'rpy_deg')
    ),
    'list.json': (json.dumps(POSES.tolist()), RowFormat()),
    'named.json': (
        json.dumps({f'img_{i}': T.tolist() for i, T in enumerate(POSES)}), RowFormat()
    ),
    'rows.json': (
        json.dumps(np.column_stack([POSES[:, :3, 3], TURNS.as_rotvec()]).tolist()),
        RowFormat(rotation='rotvec_rad'),
    ),
    'flat.json': (
        json.dumps([
            dict(zip(('x', 'y', 'z', 'qx', 'qy', 'qz', 'qw'), [*p, *q], strict=True))
            for p, q in zip(POSES[:, :3, 3].tolist(), TURNS.as_quat().tolist(), strict=True)
        ]),
        RowFormat(),
    ),
}  # fmt: skip


@pytest.mark.parametrize('name', WRITTEN)
def test_every_way_to_write_poses_reads_alike(tmp_path, name):
    text, form = WRITTEN[name]
    (tmp_path / name).write_text(text)
    found = read_poses(tmp_path / name, 'base', 'gripper', form)
    assert np.array([pose.T for pose in found]) == pytest.approx(POSES, abs=1e-9)
    assert (found[0].parent, found[0].child) == ('base', 'gripper')


def test_a_folder_with_a_pose_in_each_file_is_read_in_the_order_of_numbers(tmp_path):
    for i, T in enumerate(POSES):
        (tmp_path / f'pose{i + 6}.txt').write_text(rows(T))
    (tmp_path / 'notes.md').write_text('no pose')
    found = read_poses(tmp_path, 'base', 'gripper', RowFormat())
    assert np.array([pose.T for pose in found]) == pytest.approx(POSES, abs=1e-9)
    assert natural('img2.png') < natural('img10.png')


@pytest.mark.parametrize(
    ('name', 'text', 'message'),
    [
        ('a.txt', '', 'found no poses'),
        ('a.txt', '1 2 3 0.1 0.2 0.3', 'found 6 numbers; needed: --rotation, one of .*rotvec_rad'),
        ('a.txt', '1 2 3 4 5', 'found 5 numbers; allowed: 6, 7, 12, 16'),
        ('a.txt', '1 0 0 0\n0 1 0 0\n0 0 1 0', 'found 3 rows of 4 numbers'),
        ('a.txt', '1 2 3 0 0 0 1\nhello', "line 2: found 'hello'"),
        ('a.txt', '1 2 3 0 0 0 2', 'line 1.*length 2'),
        ('a.txt', '2 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1', 'line 1: .*no rotation'),
        ('a.json', '[[', 'is not valid JSON'),
        ('a.json', '[{"x": 1}]', 'entry 0: missing y'),
        ('a.json', '["a"]', 'entry 0'),
    ],
)
def test_malformed_lists_are_one_sentence(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(PoseTextError, match=message):
        read_poses(tmp_path / name, 'base', 'gripper', RowFormat())


def test_files_that_are_not_there_are_one_sentence(tmp_path):
    with pytest.raises(ResourceNotFoundError, match='poses not found'):
        read_poses(tmp_path / 'none.txt', 'base', 'gripper', RowFormat())
    with pytest.raises(PoseTextError, match='found no poses; allowed: files'):
        read_poses(tmp_path, 'base', 'gripper', RowFormat())


def written(path: Path, poses: np.ndarray) -> Path:
    path.write_text('\n'.join(rows(T) for T in poses))
    return path


@pytest.mark.parametrize('setup', ['eye-in-hand', 'eye-to-hand'])
def test_two_lists_and_saved_samples_of_moveit_give_the_camera(tmp_path, setup):
    given = simulate(Scenario(10, 45, 0.1, 0.0, 0.0, setup), np.random.default_rng(0))
    A, B = given.problem.A, given.problem.B
    A = se3.inverse(A) if setup == 'eye-to-hand' else A
    pairs = tmp_path / 'pose_samples.json'
    pairs.write_text(json.dumps([[a.tolist(), b.tolist()] for a, b in zip(A, B, strict=True)]))
    lists = [written(tmp_path / 'robot.txt', A), written(tmp_path / 'board.txt', B)]
    for paths in ([pairs], lists):
        views = read_pose_views(paths, setup, Frames())
        result = calibrate_hand_eye(views.used, setup)
        assert np.linalg.norm(result.camera.position - given.X[:3, 3]) < 0.6e-3
    pairs.write_text('[[[1, 2], [3, 4]]]')
    with pytest.raises(PoseTextError, match='entry 0: .*allowed: two 4x4 matrices'):
        read_pose_views([pairs], setup, Frames())
