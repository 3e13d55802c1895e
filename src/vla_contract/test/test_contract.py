from pathlib import Path

import pytest
from vla_contract.contract import load_contract
from vla_contract.errors import ContractError, NameMismatchError, UnknownNameError
from vla_contract.share import find_config

PANDA = find_config('robots', 'panda_2f85')


def edited(tmp_path: Path, old: str, new: str) -> str:
    text = PANDA.read_text()
    assert old in text
    path = tmp_path / 'robot.yaml'
    path.write_text(text.replace(old, new, 1))
    return str(path)


def test_the_panda_loads_with_arm_and_gripper():
    contract = load_contract('panda_2f85')
    assert contract.arm == tuple(range(7))
    assert contract.grippers == (7,)
    assert contract.home.shape == (8,)
    assert len(contract.sha256) == 64


def test_an_unknown_robot_lists_those_that_exist():
    with pytest.raises(UnknownNameError, match='panda_2f85'):
        load_contract('pandda')


def test_an_unknown_camera_lists_those_that_exist():
    with pytest.raises(UnknownNameError) as caught:
        load_contract('panda_2f85').camera('wrist')
    assert str(caught.value) == "camera 'wrist' is not in contract panda_2f85; it has: top"


def test_a_state_name_that_is_no_joint_is_refused(tmp_path):
    path = edited(tmp_path, 'names: [panda_joint1', 'names: [panda_jointX')
    with pytest.raises(NameMismatchError, match='missing panda_joint1; unknown panda_jointX'):
        load_contract(path)


def test_a_repeated_joint_is_refused(tmp_path):
    with pytest.raises(NameMismatchError, match='repeated panda_joint1'):
        load_contract(edited(tmp_path, '{name: panda_joint2', '{name: panda_joint1'))


def test_a_home_outside_its_limits_is_refused(tmp_path):
    with pytest.raises(ContractError, match='panda_joint2: lower'):
        load_contract(edited(tmp_path, 'home: 0.15', 'home: 5.0'))


def test_the_hash_follows_the_content(tmp_path):
    changed = load_contract(edited(tmp_path, 'fps: 10.0', 'fps: 11.0'))
    assert changed.sha256 != load_contract('panda_2f85').sha256
