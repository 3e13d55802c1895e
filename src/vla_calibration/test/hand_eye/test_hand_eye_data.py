from pathlib import Path

import numpy as np
import pytest
from vla_calibration.geometry.pose import FrameError, Pose
from vla_calibration.geometry.pose_text import named_pose, PoseTextError
from vla_calibration.hand_eye.data import read_pose_views
from vla_calibration.hand_eye.hand_eye import calibrate_hand_eye
from vla_calibration.hand_eye.image_views import read_image_views
from vla_calibration.hand_eye.solve.problem import Frames
from vla_calibration.hand_eye.study import BOARD, LENS, Sample, Scenario, simulate
from vla_contract.errors import VlaError
import yaml

FRAMES = Frames()


def sample(setup: str = 'eye-in-hand') -> Sample:
    return simulate(Scenario(8, 45, 0.1, 0.0, 0.0, setup), np.random.default_rng(0))


def robots(given: Sample) -> list[Pose]:
    poses = [Pose('base', 'gripper', T) for T in given.problem.A]
    if given.problem.gripper_is_reference:
        poses = [Pose('gripper', 'base', T).inverse() for T in given.problem.A]
    return poses


def boards(given: Sample) -> list[Pose]:
    return [Pose('camera', 'board', T) for T in given.problem.B]


def named(pose: Pose) -> dict:
    return {
        'parent': pose.parent, 'child': pose.child,
        'xyz_mm': (1000.0 * pose.position).tolist(), 'xyzw': pose.quaternion.tolist(),
    }  # fmt: skip


def ours(given: Sample) -> dict:
    pairs = zip(robots(given), boards(given), strict=True)
    frames = {'base': 'base', 'gripper': 'gripper', 'camera': 'camera', 'board': 'board'}
    views = [
        {'name': f'{i}', 'robot': named(a), 'board': named(b)} for i, (a, b) in enumerate(pairs)
    ]
    return {'frames': frames, 'views': views}


def write(path: Path, content: object) -> Path:
    path.write_text(yaml.safe_dump(content))
    return path


def error_mm(paths: list[Path], given: Sample, setup: str) -> float:
    views = read_pose_views(paths, setup, FRAMES)
    result = calibrate_hand_eye(views.used, setup, views.frames)
    assert result.is_accepted, result.reasons
    return 1000.0 * float(np.linalg.norm(result.camera.position - given.X[:3, 3]))


def transform(pose: Pose) -> dict:
    return {
        'translation': dict(zip('xyz', pose.position.tolist(), strict=True)),
        'rotation': dict(zip('xyzw', pose.quaternion.tolist(), strict=True)),
    }


@pytest.mark.parametrize('setup', ['eye-in-hand', 'eye-to-hand'])
def test_every_list_of_poses_gives_the_same_camera(tmp_path, setup):
    given = sample(setup)
    pairs = list(zip(robots(given), boards(given), strict=True))
    moveit = [
        {'effector_wrt_world': a.T.ravel().tolist(), 'object_wrt_sensor': b.T.ravel().tolist()}
        for a, b in pairs
    ]
    # easy_handeye2 looks up the base in the gripper when the camera stands beside the robot.
    looked_up = [(a if setup == 'eye-in-hand' else a.inverse(), b) for a, b in pairs]
    easy = {'samples': [{'robot': transform(a), 'tracking': transform(b)} for a, b in looked_up]}
    # ethz-asl's second file holds the camera in the board.
    seen = [board.inverse() for board in boards(given)]
    for name, poses in (('robot.csv', robots(given)), ('board.csv', seen)):
        lines = [
            ', '.join(map(repr, [float(i), *p.position.tolist(), *p.quaternion.tolist()]))
            for i, p in enumerate(poses)
        ]
        (tmp_path / name).write_text('\n'.join(['t, x, y, z, qx, qy, qz, qw', *lines]))
    for paths in (
        [write(tmp_path / 'ours.yaml', ours(given))],
        [write(tmp_path / 'moveit.yaml', moveit)],
        [write(tmp_path / 'my.samples', easy)],
        [tmp_path / 'robot.csv', tmp_path / 'board.csv'],
    ):
        assert error_mm(paths, given, setup) < 0.6


def test_a_wrong_direction_is_refused_at_load(tmp_path):
    given = ours(sample())
    given['views'][3]['robot'] = named(robots(sample())[3].inverse())
    with pytest.raises(FrameError, match='it is the inverse'):
        read_pose_views([write(tmp_path / 'a.yaml', given)], 'eye-in-hand', FRAMES)


IDENTITY = {'parent': 'a', 'child': 'b', 'xyz_m': [0, 0, 0], 'xyzw': [0, 0, 0, 1]}


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'xyz_m': [0, 0, float('nan')]}, 'allowed: 3 finite numbers'),
        ({'xyz_m': [0, 0]}, 'allowed: 3 finite numbers'),
        ({'xyz_m': [0, 0, '1']}, 'allowed: 3 finite numbers'),
        ({'xyzw': [0, 0, 0, 2]}, 'has length 2'),
        ({'xyzw': [0, 0, 0]}, 'allowed: 4 finite numbers'),
        ({'xyz_mm': [0, 0, 0]}, 'found xyz_m, xyz_mm; allowed: one of'),
        ({'rpy_deg': [0, 0, 0]}, 'found xyzw, rpy_deg; allowed: one of'),
        ({'parent': None}, "'parent' must name the frame"),
        ({'yaw': 1.0}, "'yaw' is unknown"),
    ],
)
def test_malformed_poses_are_one_sentence(change, message):
    with pytest.raises(PoseTextError, match=f'file, view 3.*{message}'):
        named_pose(IDENTITY | change, 'file, view 3')


def test_degrees_written_as_radians_are_refused():
    pose = {key: value for key, value in IDENTITY.items() if key != 'xyzw'}
    with pytest.raises(PoseTextError, match='degrees are written as rpy_deg'):
        named_pose(pose | {'rpy_rad': [0, 0, 90]}, 'file')
    quarter = named_pose(pose | {'rpy_deg': [0, 0, 90]}, 'file')
    assert quarter.rotation @ [1, 0, 0] == pytest.approx([0, 1, 0])
    same = named_pose(pose | {'rotvec_rad': [0, 0, np.pi / 2]}, 'file')
    assert pytest.approx(quarter.T) == same.T


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('- {effector_wrt_world: [1, 2]}', 'allowed: effector_wrt_world and object_wrt_sensor'),
        ('- {effector_wrt_world: [1, 2], object_wrt_sensor: [1]}', 'allowed: 16 finite numbers'),
        ('samples: 3', 'samples must be a list'),
        ('samples: [{robot: {}}]', 'allowed: a mapping'),
        ('frames: {base: a}\nviews: 3', 'views must be a list'),
        ('frames: {bass: a}\nviews: []', 'bass'),
        ('views: [}', 'is not valid YAML'),
        ('hello', "neither 'views' with named frames"),
    ],
)
def test_malformed_files_are_one_sentence(tmp_path, content, message):
    (tmp_path / 'a.yaml').write_text(content)
    with pytest.raises(VlaError, match=message):
        read_pose_views([tmp_path / 'a.yaml'], 'eye-in-hand', FRAMES)


def test_two_lists_of_different_length_are_refused(tmp_path):
    (tmp_path / 'a.txt').write_text('0 0 0 0 0 0 1\n1 0 0 0 0 0 1')
    (tmp_path / 'b.txt').write_text('0 0 0 0 0 0 1')
    with pytest.raises(PoseTextError, match='has 2 poses and .* 1; needed: one each'):
        read_pose_views([tmp_path / 'a.txt', tmp_path / 'b.txt'], 'eye-in-hand', FRAMES)
    (tmp_path / 'a.csv').write_text('0 0 0 0 0 0 0 1\n1 0 0 0 0 0 0 1')
    (tmp_path / 'b.csv').write_text('0 0 0 0 0 0 1')
    with pytest.raises(PoseTextError, match='line 1.*allowed: 8 finite numbers'):
        read_pose_views([tmp_path / 'a.csv', tmp_path / 'b.csv'], 'eye-in-hand', FRAMES)
    with pytest.raises(PoseTextError, match='a.csv: found 2 poses; needed: 5 or more'):
        read_pose_views([tmp_path / 'a.csv', tmp_path / 'a.csv'], 'eye-in-hand', FRAMES)


@pytest.mark.parametrize(
    ('index', 'message'),
    [
        ('[]', 'found no images; allowed: a list'),
        ('- {image: a.png}', 'a.png, which does not exist'),
        ('- {image: a.png, pose: a.yaml}', 'a.png, which does not exist'),
        ('- {image: cal_data.yaml}', 'cal_data.yaml has no pose of the robot'),
        ('- {image: cal_data.yaml, pose: a.yaml}', 'names a.yaml, which does not exist'),
        ('- {image: cal_data.yaml, pose: b.yaml}', 'missing qx, qy, qz, qw'),
        ('- {image: cal_data.yaml, pose: c.yaml}', 'it is the inverse'),
    ],
)
def test_malformed_folders_are_one_sentence(tmp_path, index, message):
    (tmp_path / 'cal_data.yaml').write_text(index)
    (tmp_path / 'b.yaml').write_text('{x: 1, y: 2, z: 3}')
    flat = dict(zip(('x', 'y', 'z', 'qx', 'qy', 'qz', 'qw'), (0, 0, 0, 0, 0, 0, 1), strict=True))
    write(tmp_path / 'c.yaml', flat | {'parent': 'gripper', 'child': 'base'})
    with pytest.raises(VlaError, match=message):
        read_image_views(tmp_path, BOARD, LENS, FRAMES)
