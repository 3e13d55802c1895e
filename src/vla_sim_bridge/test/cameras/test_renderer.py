import numpy as np
import pytest
from vla_contract.errors import SimError
from vla_contract.values import to_ns
from vla_sim_bridge.cameras.camera_info import pinhole_intrinsics
from vla_sim_bridge.cameras.render_thread import RenderThread
from vla_sim_bridge.cameras.renderer import CameraRenderer


@pytest.fixture(scope='module')
def renderer(world):
    renderer = CameraRenderer(world)
    yield renderer
    renderer.close()


def test_every_camera_of_the_cell_is_rendered_at_its_size(world, renderer, cell):
    world.reset(0)
    images = renderer.render(world.data.qpos)
    camera = cell.camera('top')
    assert images['top'].shape == (camera.height, camera.width, 3)
    assert images['top'].std() > 10


def test_the_same_state_renders_the_same_image(world, renderer):
    world.reset(5)
    first = renderer.render(world.data.qpos)['top'].copy()
    world.step(world.command, to_ns(0.5))
    renderer.render(world.data.qpos)
    world.reset(5)
    assert np.array_equal(renderer.render(world.data.qpos)['top'], first)


def test_camera_info_projects_the_cube_where_it_is_seen(world, renderer, cell):
    camera = cell.camera('top')
    fx, fy, cx, cy = pinhole_intrinsics(camera, camera.placement.fovy_deg)
    eye = world.model.camera('top').pos
    rotation = np.empty(9)
    import mujoco

    mujoco.mju_quat2Mat(rotation, world.model.camera('top').quat)
    optical = rotation.reshape(3, 3) @ np.diag([1.0, -1.0, -1.0])
    for seed in (1, 2, 3):
        world.reset(seed)
        image = renderer.render(world.data.qpos)['top'].astype(int)
        red = (image[:, :, 0] > 100) & (image[:, :, 1] < 60) & (image[:, :, 2] < 60)
        rows, columns = np.nonzero(red)
        x, y, z = optical.T @ (world.target_pose()[:3] - eye)
        seen = np.array([columns.mean(), rows.mean()])
        # Perspective and hidden faces move the blob's centre by a few pixels of its 45.
        assert np.array([fx * x / z + cx, fy * y / z + cy]) == pytest.approx(seen, abs=4.0)


def test_no_opengl_is_one_sentence_with_the_packages(world, monkeypatch):
    def refuse(*args, **kwargs):
        raise AttributeError("'NoneType' object has no attribute 'eglQueryString'")

    monkeypatch.setattr('mujoco.Renderer', refuse)
    with pytest.raises(SimError, match='install libegl1 and libgl1-mesa-dri'):
        CameraRenderer(world)
    with pytest.raises(SimError, match='install libegl1 and libgl1-mesa-dri'):
        RenderThread(world, lambda *_: None, lambda *_: None)
