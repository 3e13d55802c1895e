from dataclasses import replace

import numpy as np
import pytest
from vla_contract.cameras.calibration_file import (
    find_calibration,
    load_calibration,
    save_calibration,
)
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import UnknownNameError
from vla_contract.transforms import invert
from vla_sim_bridge.calibration_scenes.silhouette import make, make_simulated
from vla_sim_bridge.cameras.placed_camera import place_cameras

CELL = load_cell('panda_table')


@pytest.fixture(scope='module')
def silhouette():
    made = make(CELL, 'panda_table/top')
    yield made
    made.close()


def test_the_hand_is_where_the_camera_projects_it(world, silhouette, cell):
    world.reset(2)
    mask, depth_m = silhouette(world.joint_sample().position)
    placed = place_cameras(cell)['top']
    base, pinch = world.data.body('arm/base').xpos, world.data.site('arm/pinch').xpos
    # The palm; the pinch point itself lies free between the fingers.
    hand = base + 0.4 * (pinch - base)
    x, y, z, _ = invert(placed.T_parent_camera) @ np.append(hand, 1.0)
    fx, fy, cx, cy = placed.intrinsics
    row, column = round(fy * y / z + cy), round(fx * x / z + cx)
    assert mask.shape == (384, 384)
    assert mask[row, column]
    assert not mask[300:].any()
    assert depth_m == pytest.approx(z, abs=0.15)


def test_the_fingers_are_left_out(world, silhouette, cell):
    world.reset(2)
    position = world.joint_sample().position.copy()
    opened = silhouette(position)[0]
    position[cell.grippers[0]] = cell.joints[cell.grippers[0]].upper
    closed = silhouette(position)[0]
    assert np.array_equal(opened, closed)


def test_an_arm_out_of_view_has_no_depth(tmp_path, cell):
    nominal = load_calibration(find_calibration('panda_table', 'top'))
    # Half a turn about the image's vertical axis: the camera looks away from the arm.
    x, y, z, w = nominal.require_extrinsics().quaternion_xyzw
    away = replace(nominal.require_extrinsics(), quaternion_xyzw=(-z, w, x, -y))
    path = tmp_path / 'calibration.yaml'
    save_calibration(replace(nominal, extrinsics=away), path)
    silhouette = make(CELL, str(path))
    mask, depth_m = silhouette(cell.home)
    silhouette.close()
    assert not mask.any()
    assert np.isnan(depth_m)


def test_collision_meshes_are_what_the_simulator_shows(silhouette, cell):
    position = cell.home
    position[1] += 0.3
    simulated = make_simulated(CELL, 'panda_table/top')
    real, shown = silhouette(position)[0], simulated(position)[0]
    simulated.close()
    both = (real & shown).sum() / (real | shown).sum()
    assert 0.95 < both < 1.0


def test_a_calibration_that_does_not_exist_lists_those_that_do():
    with pytest.raises(UnknownNameError, match='it has: .*panda_table/top'):
        make(CELL, 'panda_table/wrist')
