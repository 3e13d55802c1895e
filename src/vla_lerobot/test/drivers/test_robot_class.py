import sys

import pytest
from so101_double import driver_file, driver_values
from vla_contract.errors import SettingError, UnknownNameError
from vla_lerobot.drivers.robot_class import make_cameras, make_robot

pytest.importorskip('scservo_sdk')


def made(tmp_path, **fields):
    return make_robot(driver_file(driver_values('/dev/null', tmp_path, **fields), tmp_path))


def test_a_class_never_takes_the_torque_by_itself_whatever_the_file_says(tmp_path):
    robot = made(tmp_path, disable_torque_on_disconnect=True)
    assert robot.config.disable_torque_on_disconnect is False


def test_a_robot_is_not_kept_waiting_for_the_packages_of_policies(tmp_path, monkeypatch):
    from lerobot.utils import import_utils

    flags = [f'_{package}_available' for package in ('transformers', 'diffusers', 'peft')]
    for flag in flags:
        monkeypatch.setattr(import_utils, flag, True)
    monkeypatch.delitem(sys.modules, 'lerobot.configs', raising=False)
    made(tmp_path)
    assert not any(getattr(import_utils, flag) for flag in flags)


def test_both_arms_of_a_pair_leave_it_on(tmp_path):
    values = driver_values('/dev/null', tmp_path, type='bi_so_follower')
    del values['robot']['port']
    values['robot'] |= {f'{s}_arm_config': {'port': '/dev/null'} for s in ('left', 'right')}
    robot = make_robot(driver_file(values, tmp_path))
    arms = (robot.left_arm, robot.right_arm)
    assert not any(arm.config.disable_torque_on_disconnect for arm in arms)


def test_cameras_are_not_the_robots(tmp_path):
    camera = {'type': 'opencv', 'index_or_path': 9, 'width': 64, 'height': 48, 'fps': 30}
    values = driver_values('/dev/null', tmp_path, cameras={'top': camera})
    file = driver_file(values, tmp_path)
    assert make_robot(file).cameras == {}
    assert list(make_cameras(file)) == ['top']


def test_an_unknown_type_is_refused_with_those_that_there_are(tmp_path):
    with pytest.raises(UnknownNameError, match='did you mean so101_follower'):
        made(tmp_path, type='so_101_follower')


def test_an_unknown_field_is_refused_with_those_that_there_are(tmp_path):
    with pytest.raises(SettingError, match=r'prot.*allowed: .*port'):
        made(tmp_path, prot='/dev/null')
