import cv2
import numpy as np
import pytest
from vla_contract.cameras.calibration import (
    CameraCalibration,
    Extrinsics,
    LensCalibration,
    Provenance,
)
from vla_contract.cameras.calibration_file import save_calibration
from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import SimError
from vla_contract.transforms import invert, look_at, make_transform
from vla_sim_bridge.cameras.placed_camera import PlacedCamera
from vla_sim_bridge.cameras.published_camera import NOMINAL, published_cameras, TRUE
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.randomization.randomization import RandomizationConfig
from vla_sim_bridge.randomization.term import TermConfig
from vla_sim_bridge.scene.world import World

CELL = load_cell('panda_table')
MOVED = {'camera_position': 0.02, 'camera_rotation': 2.0, 'camera_fov': 4.0}
EYE = np.array([1.05, 0.1, 0.55])
T_BASE_CAMERA = make_transform(EYE, look_at(EYE, np.array([0.50, 0.0, 0.06])))
LENSES = {
    'plumb_bob': (-0.28, 0.06, 0.0012, -0.0007, 0.02),
    'rational_polynomial': (0.2, -0.1, 0.001, 0.0005, 0.02, 0.45, -0.2, 0.03),
    'equidistant': (0.03, -0.01, 0.004, -0.001),
}


def make_world(calibration: str = '', **terms: float) -> World:
    """A world of fixed values, whose cube is a dot."""
    changes: dict[str, object] = {'task.simulation.objects.cube.size_m': [0.008] * 3}
    if calibration:
        changes['cell.cameras.top.placement'] = {'calibration': calibration}
    ranges = {name: TermConfig((value, value)) for name, value in terms.items()}
    world = World(load_deployment(overrides=changes), RandomizationConfig(terms=ranges))
    world.reset(0)
    return world


def published(world: World, which: str) -> PlacedCamera:
    return published_cameras(world.cameras, world.appearance, which)['top']


@pytest.fixture(params=LENSES)
def calibration(tmp_path, request):
    """A file of a camera with a lens that bends."""
    source = Provenance('2026-01-01T00:00:00+00:00', 'test', 'test')
    position = tuple(T_BASE_CAMERA[:3, 3].tolist())
    placed = PlacedCamera(CELL.camera('top'), 'base', T_BASE_CAMERA, None)
    lens = LensCalibration(
        request.param, 384, 384, 500.0, 490.0, 200.0, 180.0, LENSES[request.param], source
    )
    pose = Extrinsics(
        'eye-to-hand', CELL.robot.model.base_frame, 'optical', position,
        tuple(placed.quaternion_xyzw.tolist()), source,
    )  # fmt: skip
    path = tmp_path / 'calibration.yaml'
    save_calibration(CameraCalibration(1, 'panda_table', 'top', lens, pose), path)
    return str(path)


def seen_and_expected(world: World, camera: PlacedCamera) -> tuple[np.ndarray, np.ndarray]:
    """Find the dot in images and project its place by what was published, in pixels."""
    renderer = CameraRenderer(world)
    qpos, at = world.data.qpos.copy(), int(world.model.joint('cube').qposadr[0])
    points = [(x, y, 0.02) for x in (0.42, 0.5, 0.62) for y in (-0.11, 0.0, 0.12)]
    seen = []
    for point in points:
        qpos[at : at + 7] = [*point, 1.0, 0.0, 0.0, 0.0]
        image = renderer.render(qpos)['top'].astype(int)
        rows, columns = np.nonzero(image[..., 0] - image[..., 1] > 40)
        seen.append([columns.mean(), rows.mean()])
    renderer.close()
    T = invert(camera.T_parent_camera)
    turn, _ = cv2.Rodrigues(T[:3, :3])
    fx, fy, cx, cy = camera.intrinsics
    K = np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])
    project = cv2.fisheye.projectPoints if camera.model == 'equidistant' else cv2.projectPoints
    pixels, _ = project(
        np.array(points).reshape(-1, 1, 3), turn, T[:3, 3].copy(), K, np.array(camera.distortion)
    )
    return np.array(seen), pixels.reshape(-1, 2)


def test_a_nominal_camera_is_published_as_placed_wherever_it_went():
    world = make_world(**MOVED, lens_distortion=0.2)
    camera = published(world, NOMINAL)
    assert camera.intrinsics == world.cameras['top'].intrinsics
    assert camera.distortion == (0.0,) * 5
    assert camera.T_parent_camera == pytest.approx(world.cameras['top'].T_parent_camera)
    seen, expected = seen_and_expected(world, camera)
    assert np.hypot(*(seen - expected).T).min() > 5.0


@pytest.mark.parametrize('distortion', [0.0, -0.15, 0.2])
def test_a_true_camera_projects_to_where_things_are_seen(distortion):
    world = make_world(**MOVED, lens_distortion=distortion)
    seen, expected = seen_and_expected(world, published(world, TRUE))
    assert np.hypot(*(seen - expected).T).max() < 0.7


def test_a_true_calibrated_camera_projects_to_where_things_are_seen(calibration):
    fixed = make_world(calibration).cameras['top']
    moved = {name: value for name, value in MOVED.items()
             if name != 'camera_fov' or fixed.model != 'equidistant'}  # fmt: skip
    world = make_world(calibration, **moved)
    seen, expected = seen_and_expected(world, published(world, TRUE))
    assert np.hypot(*(seen - expected).T).max() < 0.7


def test_a_hand_eye_error_is_in_what_is_said_not_in_what_is_seen():
    world, wrong = make_world(), make_world(hand_eye_position=0.004, hand_eye_rotation=0.5)
    images = [CameraRenderer(each).render(each.data.qpos)['top'] for each in (world, wrong)]
    assert np.array_equal(*images)
    for which in (NOMINAL, TRUE):
        right, said = (published(each, which).T_parent_camera for each in (world, wrong))
        assert said[:3, 3] - right[:3, 3] == pytest.approx(np.full(3, 0.004))
        turn, _ = cv2.Rodrigues(right[:3, :3].T @ said[:3, :3])
        assert np.degrees(turn.ravel()) == pytest.approx(np.full(3, 0.5))
    wrong.reset(1)
    assert published(wrong, NOMINAL).T_parent_camera == pytest.approx(said)


@pytest.mark.parametrize(
    ('terms', 'message'),
    [
        ({'lens_distortion': 0.1}, 'camera top stands as calibrated and has lens_distortion too'),
        ({'camera_fov': 4.0}, 'camera top has the lens model equidistant and camera_fov too'),
    ],
)
@pytest.mark.parametrize('calibration', ['equidistant'], indirect=True)
def test_what_no_camera_info_describes_is_refused(calibration, terms, message):
    world = make_world(calibration, **terms)
    published(world, NOMINAL)
    with pytest.raises(SimError, match=message):
        published(world, TRUE)
