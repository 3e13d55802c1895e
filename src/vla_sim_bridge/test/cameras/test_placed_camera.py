from dataclasses import replace

import cv2
import mujoco
import numpy as np
import pytest
from vla_contract.cameras.calibration import (
    CameraCalibration,
    Extrinsics,
    LensCalibration,
    Provenance,
)
from vla_contract.cameras.calibration_file import save_calibration
from vla_contract.deployment.cell import load_cell, Placement
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import ContractError, SimError, UnknownNameError
from vla_contract.transforms import invert, look_at, make_transform
from vla_sim_bridge.cameras.lens_warp import LensWarp
from vla_sim_bridge.cameras.placed_camera import place_calibrated, place_camera, place_cameras
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.scene.scene import add_cameras
from vla_sim_bridge.scene.world import World

SOURCE = Provenance('2026-01-01T00:00:00+00:00', 'test', 'test')
LENSES = {
    'pinhole': ('plumb_bob', (0.0,) * 5),
    'plumb_bob': ('plumb_bob', (-0.28, 0.06, 0.0012, -0.0007, 0.02)),
    'rational': ('rational_polynomial', (0.2, -0.1, 0.001, 0.0005, 0.02, 0.45, -0.2, 0.03)),
    'equidistant': ('equidistant', (0.03, -0.01, 0.004, -0.001)),
}
# Eye above the table, not square to it, rolled by 20 degrees.
ROLL = cv2.Rodrigues(np.array([0.0, 0.0, 0.35]))[0]
T_BASE_CAMERA = make_transform(
    np.array([0.9, 0.25, 0.5]),
    look_at(np.array([0.9, 0.25, 0.5]), np.array([0.5, 0.0, 0.0])) @ ROLL,
)


def xyzw(rotation: np.ndarray) -> tuple[float, ...]:
    wxyz = np.empty(4)
    mujoco.mju_mat2Quat(wxyz, rotation.ravel())
    return tuple(wxyz[[1, 2, 3, 0]].tolist())


def calibration(lens: str, T: np.ndarray, parent: str, size=(640, 480)) -> CameraCalibration:
    model, distortion = LENSES[lens]
    return CameraCalibration(
        1, 'panda_table', 'top',
        LensCalibration(
            model, *size, 540.0, 525.0, 331.0, 222.0, distortion, SOURCE, accepted=True
        ),
        Extrinsics(
            'eye-to-hand', parent, 'optical', tuple(T[:3, 3].tolist()), xyzw(T[:3, :3]), SOURCE,
            accepted=True,
        ),
    )  # fmt: skip


@pytest.fixture
def camera(cell):
    return replace(cell.camera('top'), width=640, height=480)


@pytest.mark.parametrize('lens', LENSES)
def test_points_are_drawn_where_opencv_projects_them(tmp_path, cell, camera, lens):
    """Small spheres, seen through the camera of the file, against cv2 on the file's numbers."""
    path = tmp_path / 'calibration.yaml'
    saved = calibration(lens, T_BASE_CAMERA, cell.robot.model.base_frame)
    save_calibration(saved, path)
    placed = place_calibrated(cell, camera, str(path))
    # The outermost rays of the image, some towards its corners.
    columns, rows = np.meshgrid([20.0, 170.0, 320.0, 470.0, 620.0], [20.0, 240.0, 460.0])
    points = on_table(np.stack([columns.ravel(), rows.ravel()], axis=1), saved)
    spec = mujoco.MjSpec()
    spec.visual.quality.offsamples = 0
    for point in points:
        spec.worldbody.add_geom(
            type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[0.006, 0, 0], pos=point, rgba=[1, 1, 1, 1]
        )
    add_cameras(spec, cell, [placed])
    drawn = np.stack([render_each(spec, placed, i) for i in range(len(points))])
    seen = np.array([centroid(placed.warp.apply(m) if placed.warp else m) for m in drawn])
    expected = project(points, saved)
    assert np.abs(seen - expected).max() < 0.35
    assert np.abs((seen - expected).mean(axis=0)).max() < 0.1
    in_camera = (np.c_[points, np.ones(len(points))] @ invert(T_BASE_CAMERA).T)[:, :3]
    assert placed.project(in_camera) == pytest.approx(expected, abs=1e-6)


def test_what_is_behind_a_camera_has_no_pixel(cell):
    placed = place_cameras(cell)['top']
    pixels = placed.project(np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0], [0.1, 0.0, 0.0]]))
    assert pixels[0] == pytest.approx([placed.intrinsics.cx, placed.intrinsics.cy])
    assert np.isnan(pixels[1:]).all()
    assert placed.project(np.empty((0, 3))).shape == (0, 2)


def on_table(pixels, saved):
    """Return the points of the plane z = 0.1 that these pixels see."""
    lens = saved.lens
    model = cv2.fisheye.undistortPoints if lens.model == 'equidistant' else cv2.undistortPoints
    rays = model(pixels.reshape(-1, 1, 2), lens.K, np.array(lens.distortion)).reshape(-1, 2)
    rays = np.column_stack([rays, np.ones(len(rays))]) @ T_BASE_CAMERA[:3, :3].T
    eye = T_BASE_CAMERA[:3, 3]
    return eye + rays * ((0.1 - eye[2]) / rays[:, 2])[:, None]


def project(points, saved):
    T, lens = invert(T_BASE_CAMERA), saved.lens
    turn, _ = cv2.Rodrigues(T[:3, :3])
    function = cv2.fisheye.projectPoints if lens.model == 'equidistant' else cv2.projectPoints
    pixels, _ = function(
        points.reshape(-1, 1, 3), turn, T[:3, 3].copy(), lens.K, np.array(lens.distortion)
    )
    return pixels.reshape(-1, 2)


def render_each(spec, placed, index):
    """Return the mask of one sphere."""
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    width, height = placed.drawn_size
    with mujoco.Renderer(model, height, width) as renderer:
        renderer.enable_segmentation_rendering()
        renderer.update_scene(data, placed.camera.name)
        return np.where(renderer.render()[..., 0] == index, 255, 0).astype(np.uint8)


def centroid(mask):
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
    weight = mask.astype(float) / mask.sum()
    return np.array([(columns * weight).sum(), (rows * weight).sum()])


def calibrated_world(calibration: str) -> World:
    """Return the shipped world with its camera as calibrated."""
    change = {'cell.cameras.top.placement': {'calibration': calibration}}
    return World(load_deployment(overrides=change))


def test_a_camera_on_the_tool_moves_with_it(tmp_path, cell):
    X = make_transform(np.array([0.05, 0.0, -0.1]), np.eye(3))
    path = tmp_path / 'calibration.yaml'
    save_calibration(calibration('pinhole', X, cell.robot.tool.frame, (384, 384)), path)
    world = calibrated_world(str(path))
    world.reset(3)
    tool = world.data.site('arm/' + cell.robot.tool.site)
    camera = world.data.camera('top')
    rotation = tool.xmat.reshape(3, 3)
    assert camera.xpos == pytest.approx(tool.xpos + rotation @ X[:3, 3], abs=1e-9)
    optical = camera.xmat.reshape(3, 3) @ np.diag([1.0, -1.0, -1.0])
    assert optical == pytest.approx(rotation, abs=1e-9)


def test_the_sample_calibration_shows_what_the_nominal_camera_shows(world):
    same = calibrated_world('panda_table/top')
    nominal, calibrated = (w.cameras['top'] for w in (world, same))
    assert calibrated.intrinsics == pytest.approx(nominal.intrinsics, abs=1e-6)
    assert calibrated.T_parent_camera == pytest.approx(nominal.T_parent_camera, abs=1e-9)
    images = []
    for each in (world, same):
        each.reset(4)
        renderer = CameraRenderer(each)
        images.append(renderer.render(each.data.qpos)['top'].astype(int))
        renderer.close()
    # Rounding moves an edge across a pixel's centre here and there.
    assert (np.abs(images[0] - images[1]).max(axis=2) > 8).mean() < 1e-3


def test_a_distorted_lens_delivers_the_size_of_the_cell(tmp_path, cell):
    path = tmp_path / 'calibration.yaml'
    saved = calibration('plumb_bob', T_BASE_CAMERA, cell.robot.model.base_frame, (384, 384))
    save_calibration(saved, path)
    world = calibrated_world(str(path))
    renderer = CameraRenderer(world)
    image = renderer.render(world.data.qpos)['top']
    renderer.close()
    assert image.shape == (384, 384, 3)
    assert world.cameras['top'].drawn_size[0] > 384
    assert (image.sum(axis=2) > 0).mean() > 0.99


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({}, 'either eye_m, target_m and fovy_deg, or calibration'),
        ({'eye_m': (1.0, 0.0, 1.0)}, 'either eye_m'),
        ({'calibration': 'a/b', 'fovy_deg': 30.0}, 'either eye_m'),
    ],
)
def test_a_placement_is_either_a_look_or_a_calibration(values, message):
    with pytest.raises(ContractError, match=message):
        Placement(**values)


def test_a_cell_names_a_calibration_instead_of_a_look():
    change = {'cell.cameras.top.placement': {'calibration': 'panda_table/top'}}
    cell = load_cell('panda_table', change)
    assert place_cameras(cell)['top'].fovy_deg is None
    with pytest.raises(ContractError, match='it stands as calibrated'):
        cell.camera('top').placement.look()


def test_a_calibration_that_does_not_fit_is_refused(tmp_path, cell):
    path = tmp_path / 'calibration.yaml'
    camera = cell.camera('top')
    save_calibration(calibration('pinhole', T_BASE_CAMERA, cell.robot.model.base_frame), path)
    with pytest.raises(ContractError, match='found 640x480 px; .* camera top with 384x384'):
        place_calibrated(cell, camera, str(path))
    save_calibration(calibration('pinhole', T_BASE_CAMERA, 'table', (384, 384)), path, force=True)
    with pytest.raises(ContractError, match='found table; allowed: panda_link0 or panda_hand_tcp'):
        place_calibrated(cell, camera, str(path))
    with pytest.raises(UnknownNameError, match="'panda_table/side'.*it has: .*panda_table/top"):
        place_camera(cell, replace(camera, placement=Placement(calibration='panda_table/side')))


def test_a_lens_that_no_pinhole_can_show_is_refused():
    wide = replace(calibration('equidistant', T_BASE_CAMERA, 'base').lens, fx=150.0, fy=150.0)
    with pytest.raises(SimError, match='more than 80 deg'):
        LensWarp(wide)


def test_every_camera_of_the_cell_is_placed(cell):
    assert list(place_cameras(cell)) == ['top']
