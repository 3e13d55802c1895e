import numpy as np
import pytest
from so101_double import deployment_files, driver_file, driver_values
from vla_contract.deployment.deployment import load_cell_of
from vla_contract.errors import SettingError, UnknownNameError
from vla_lerobot.drivers.in_cell import driven_joints, first_steps, published_cameras


@pytest.fixture
def cell(tmp_path):
    return load_cell_of(str(deployment_files(tmp_path)))


def with_camera(tmp_path, name, **fields):
    camera = {'type': 'opencv', 'width': 384, 'height': 384, 'fps': 15, **fields}
    values = driver_values('/dev/null', tmp_path, cameras={name: camera})
    return driver_file(values, tmp_path)


def test_a_motor_of_a_joint_that_the_robot_has_not_is_refused(cell, tmp_path):
    values = driver_values('/dev/null', tmp_path)
    values['motors']['gripper'] = {'joint': 'jaw'}
    with pytest.raises(UnknownNameError, match="joint 'jaw' is not in the robot of so101_table"):
        driven_joints(driver_file(values, tmp_path), cell)


def test_cameras_are_those_of_the_cell_by_name_and_size(cell, tmp_path):
    assert list(published_cameras(with_camera(tmp_path, 'top'), cell)) == ['top']
    with pytest.raises(UnknownNameError, match="camera 'wrist'"):
        published_cameras(with_camera(tmp_path, 'wrist'), cell)
    with pytest.raises(SettingError, match=r'top\.width: found 640; allowed: 384'):
        published_cameras(with_camera(tmp_path, 'top', width=640), cell)


def test_a_gripper_may_be_sent_anywhere_first(cell):
    assert first_steps(cell.joints, cell, 0.15).tolist() == [0.15] * 5 + [np.inf]
