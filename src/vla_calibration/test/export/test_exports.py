"""Every export, read back or loaded by its consumer, projects points where cv2 does."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import mujoco
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_calibration.calibration_file import (
    describe_lens,
    describe_pose,
    describe_source,
    lens_of,
    pose_of,
    Verdict,
)
from vla_calibration.export.export_calibration import link_pose, main
from vla_calibration.export.exports import export, ExportOptions, FORMATS
from vla_calibration.export.to_ros import (
    attached,
    easy_handeye2,
    read_easy_handeye2,
    read_static_transform,
    read_urdf,
    static_transform_command,
    T_BODY_OPTICAL,
    urdf,
)
from vla_calibration.export.to_simulators import (
    mujoco_camera,
    read_mujoco_camera,
    read_sdf_sensor,
    sdf_sensor,
)
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import FrameError, Pose
from vla_calibration.lens.camera_info import read_camera_info
from vla_calibration.lens.lens import Lens
from vla_contract.cameras.calibration import CameraCalibration
from vla_contract.cameras.calibration_file import save_calibration
from vla_contract.errors import UnknownNameError, VlaError
from vla_contract.transforms import invert, xyzw_from_wxyz

ALLOWED_PX = 0.01
K = np.array([[612.3456789, 0, 331.7], [0, 598.7654321, 226.2], [0, 0, 1]])
LENSES = {
    'pinhole': Lens(640, 480, K, np.zeros(5)),
    'plumb_bob': Lens(640, 480, K, np.array([-0.28, 0.06, 0.0012, -0.0007, 0.02])),
    'rational': Lens(
        640, 480, K, np.array([0.2, -0.1, 1e-3, 5e-4, 0.02, 0.5, -0.2, 0.03]),
        'rational_polynomial',
    ),
    'equidistant': Lens(640, 480, K, np.array([0.03, -0.01, 0.004, -0.001]), 'equidistant'),
}  # fmt: skip
twists = st.tuples(*[st.floats(-3.0, 3.0)] * 6)
# Points in front of the camera, in its optical frame [m].
SEEN = np.random.default_rng(0).uniform([-0.25, -0.2, 0.45], [0.25, 0.2, 0.9], (60, 3))


def calibration(lens: Lens, twist, mount: str = 'eye-to-hand') -> CameraCalibration:
    source = describe_source('test')
    parent = 'panda_link0' if mount == 'eye-to-hand' else 'panda_hand_tcp'
    pose = Pose(parent, 'camera_optical', se3.exp(np.array(twist)))
    return CameraCalibration(
        1, 'panda_table', 'top', describe_lens(lens, source, Verdict(True), 0.2),
        describe_pose(pose, mount, source, Verdict(True)),
    )  # fmt: skip


def in_parent(c: CameraCalibration) -> np.ndarray:
    T = pose_of(c).T
    return SEEN @ T[:3, :3].T + T[:3, 3]


def worst_px(c: CameraCalibration, lens: Lens, pose: Pose, truth: Lens | None = None) -> float:
    """Return the largest distance between export and original [px]."""
    points, original = in_parent(c), pose_of(c)
    assert (pose.parent, pose.child) == (original.parent, original.child)
    expected = (truth or lens_of(c)).project(points, original.inverse().T)
    return float(np.abs(lens.project(points, pose.inverse().T) - expected).max())


@settings(deadline=None, max_examples=50)
@given(twists)
def test_every_pose_comes_back(twist):
    c = calibration(LENSES['plumb_bob'], twist)
    for pose in (
        read_static_transform(static_transform_command(c)),
        read_urdf(urdf(c)),
        read_easy_handeye2(easy_handeye2(c, 'panda_hand_tcp')),
    ):
        assert worst_px(c, lens_of(c), pose) < ALLOWED_PX


@settings(deadline=None, max_examples=30)
@given(twists, st.sampled_from(['pinhole', 'plumb_bob']))
def test_sdf_comes_back(twist, name):
    c = calibration(LENSES[name], twist)
    assert worst_px(c, *read_sdf_sensor(sdf_sensor(c))) < ALLOWED_PX


@pytest.mark.parametrize('pitch', [np.pi / 2, -np.pi / 2])
def test_an_upright_pitch_loses_nothing(pitch):
    rotation = Rotation.from_euler('zyx', [0.4, pitch, -0.7])
    c = calibration(LENSES['pinhole'], [*rotation.as_rotvec(), 0.1, 0.2, 0.3])
    assert worst_px(c, lens_of(c), read_urdf(urdf(c))) < ALLOWED_PX
    body = calibration(
        LENSES['pinhole'],
        se3.log((pose_of(c).T @ T_BODY_OPTICAL)[None])[0],
    )
    assert worst_px(body, *read_sdf_sensor(sdf_sensor(body))) < ALLOWED_PX


@pytest.mark.parametrize('name', LENSES)
def test_camera_info_comes_back(tmp_path, name):
    c = calibration(LENSES[name], [0.1, 0.2, 0.3, 1.0, 0.0, 0.5])
    (path,) = export(c, ['camera_info'], tmp_path, ExportOptions())
    info = read_camera_info(path)
    assert worst_px(c, info.lens, pose_of(c)) < ALLOWED_PX
    assert info.provenance['calibration_id'] == c.id


@settings(deadline=None, max_examples=20)
@given(twists, st.sampled_from(sorted(LENSES)))
def test_mujoco_projects_as_the_undistorted_lens(twist, name):
    """The frustum that MuJoCo hands to OpenGL, in single precision."""
    c = calibration(LENSES[name], twist)
    pinhole = Lens(640, 480, K, np.zeros(5))
    text = mujoco_camera(c)
    lens, pose = read_mujoco_camera(text, 'panda_link0', 'camera_optical')
    assert worst_px(c, lens, pose, pinhole) < 1e-6
    seen = _project_by_frustum(_load(text), in_parent(c))
    expected = pinhole.project(SEEN)
    assert np.abs(seen - expected).max() < ALLOWED_PX


def _load(text: str) -> mujoco.MjModel:
    world = (
        '<mujoco><worldbody><include file="camera.mjcf"/><geom size="0.1"/></worldbody></mujoco>'
    )
    return mujoco.MjModel.from_xml_string(world, {'camera.mjcf': text.encode()})


def _project_by_frustum(model: mujoco.MjModel, points: np.ndarray) -> np.ndarray:
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    scene, camera = mujoco.MjvScene(model, 10), mujoco.MjvCamera()
    camera.type, camera.fixedcamid = mujoco.mjtCamera.mjCAMERA_FIXED, 0
    mujoco.mjv_updateScene(
        model, data, mujoco.MjvOption(), None, camera, mujoco.mjtCatBit.mjCAT_ALL, scene
    )
    # Left and right eye; a plain image is drawn from between them.
    eyes = scene.camera
    position = np.mean([eye.pos for eye in eyes], axis=0)
    forward, up = (np.mean([getattr(e, k) for e in eyes], axis=0) for k in ('forward', 'up'))
    right = np.cross(forward, up)
    near, centre, half, bottom, top = (
        np.mean([getattr(eye, f'frustum_{k}') for eye in eyes])
        for k in ('near', 'center', 'width', 'bottom', 'top')
    )
    offset = points - position
    depth = offset @ forward
    x, y = offset @ right / depth * near, offset @ up / depth * near
    width, height = model.cam_resolution[0]
    columns = (x - (centre - half)) / (2.0 * half) * width - 0.5
    return np.stack([columns, (top - y) / (top - bottom) * height - 0.5], axis=1)


def test_a_frame_never_gets_two_parents():
    c = calibration(LENSES['pinhole'], [0.4, 0.2, -0.3, 1.0, 0.2, 0.5])
    link = link_pose('camera_link', 'camera_optical', [0.0, 0.015, 0.002, -0.5, 0.5, -0.5, 0.5])
    pose = attached(c, link)
    assert (pose.parent, pose.child) == ('panda_link0', 'camera_link')
    whole = read_static_transform(static_transform_command(c, link)) @ link
    assert worst_px(c, lens_of(c), whole) < ALLOWED_PX
    assert worst_px(c, lens_of(c), read_urdf(urdf(c, link)) @ link) < ALLOWED_PX
    assert '<link' not in urdf(c, link)
    with pytest.raises(FrameError):
        attached(c, link_pose('camera_link', 'another_optical', None))


def test_the_body_frame_of_rep_103_looks_along_x():
    forward, right = invert(T_BODY_OPTICAL)[:3, 0], invert(T_BODY_OPTICAL)[:3, 1]
    assert forward == pytest.approx([0.0, 0.0, 1.0], abs=1e-15)
    assert -right == pytest.approx([1.0, 0.0, 0.0], abs=1e-15)


def test_easy_handeye2_names_its_own_two_set_ups():
    beside = easy_handeye2(calibration(LENSES['pinhole'], [0.0] * 6), 'tool')
    in_hand = easy_handeye2(calibration(LENSES['pinhole'], [0.0] * 6, 'eye-in-hand'), 'base')
    assert 'calibration_type: eye_on_base' in beside
    assert 'robot_effector_frame: tool' in beside
    assert 'calibration_type: eye_in_hand' in in_hand
    assert read_easy_handeye2(in_hand).parent == 'panda_hand_tcp'
    with pytest.raises(VlaError, match="found no 'transform'"):
        read_easy_handeye2('parameters: {}')


def test_all_formats_are_written_or_none(tmp_path):
    # Kalibr's radtan has no k3.
    c = calibration(LENSES['pinhole'], [0.1] * 6)
    options = ExportOptions(other_frame='tool')
    assert len(export(c, list(FORMATS), tmp_path, options)) == len(FORMATS)
    (tmp_path / 'camera.urdf').unlink()
    with pytest.raises(VlaError, match='camera.sdf exists already; give --force'):
        export(c, ['urdf', 'sdf'], tmp_path, options)
    assert not (tmp_path / 'camera.urdf').exists()
    with pytest.raises(UnknownNameError, match="'usd' is not in .*it has: .*mujoco"):
        export(c, ['usd'], tmp_path, options)


def test_the_command_exports_what_is_accepted(tmp_path, capsys):
    # Kalibr's radtan has no k3.
    c = calibration(LENSES['pinhole'], [0.1] * 6)
    path = tmp_path / 'calibration.yaml'
    save_calibration(c, path)
    assert main([str(path), '--json', str(tmp_path / 'a.json')]) == 0
    assert sorted(p.name for p in (tmp_path / 'exports').iterdir()) == sorted(
        f.file_name for f in FORMATS.values()
    )
    save_calibration(
        replace(c, lens=replace(c.lens, accepted=False, reasons=('fx std',))), path, force=True
    )
    assert main([str(path), '--force']) == 1
    assert 'not accepted (fx std)' in capsys.readouterr().out
    assert main([str(path), '--force', '--anyway', '--camera-link', 'camera_link']) == 0
    assert 'camera_link' in (tmp_path / 'exports' / 'static_transform.sh').read_text()
    wrong = [str(path), '--camera-link', 'a', '--link-to-optical', '1,2']
    assert main([*wrong, '--anyway', '--force']) == 2
    assert 'allowed: x,y,z,qx,qy,qz,qw' in capsys.readouterr().err


def test_wxyz_is_written_for_mujoco():
    c = calibration(LENSES['pinhole'], [0.3, -0.2, 0.9, 0.0, 0.0, 0.0])
    model = _load(mujoco_camera(c))
    rotation = Rotation.from_quat(xyzw_from_wxyz(model.cam_quat[0])).as_matrix()
    assert rotation @ np.diag([1.0, -1.0, -1.0]) == pytest.approx(pose_of(c).rotation, abs=1e-12)
