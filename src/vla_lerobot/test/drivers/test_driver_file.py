from pathlib import Path

import pytest
from so101_double import driver_file, driver_values
from vla_contract.errors import NameMismatchError, SettingError
from vla_lerobot.drivers.driver_file import load_driver_file

CONFIG = Path(__file__).parents[4] / 'config' / 'lerobot_robots'


@pytest.mark.parametrize('path', sorted(CONFIG.glob('*.yaml')), ids=lambda path: path.stem)
def test_every_shipped_file_is_valid(path):
    assert load_driver_file(str(path)).name == path.stem


def test_a_file_without_the_id_of_the_calibration_is_refused(tmp_path):
    values = driver_values('/dev/null', tmp_path)
    del values['robot']['id']
    with pytest.raises(SettingError, match=r'robot\.id: found None'):
        driver_file(values, tmp_path)


def test_two_motors_of_one_joint_are_refused(tmp_path):
    values = driver_values('/dev/null', tmp_path)
    values['motors']['gripper'] = {'joint': 'wrist_roll'}
    with pytest.raises(NameMismatchError, match='repeated wrist_roll'):
        driver_file(values, tmp_path)


def test_a_sign_is_1_or_minus_1(tmp_path):
    values = driver_values('/dev/null', tmp_path)
    values['motors']['gripper']['sign'] = 0
    with pytest.raises(SettingError, match='1 or -1'):
        driver_file(values, tmp_path)
