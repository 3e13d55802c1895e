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


def test_fingers_cannot_close_along_the_axis_of_approach(tmp_path):
    path = edited(tmp_path, '  tool_site:', '  closing: z\n  tool_site:')
    with pytest.raises(ContractError, match='found z for both; allowed: two different axes'):
        load_contract(path)


def test_a_gripper_says_where_it_is_closed(tmp_path):
    knuckle = load_contract('panda_2f85').joints[7]
    assert (knuckle.open, knuckle.closed) == (0.0, 0.8)
    knuckle = load_contract(edited(tmp_path, 'closed_at: upper', 'closed_at: lower')).joints[7]
    assert (knuckle.open, knuckle.closed) == (0.8, 0.0)


def test_the_hash_follows_the_content(tmp_path):
    changed = load_contract(edited(tmp_path, 'fps: 10.0', 'fps: 11.0'))
    assert changed.sha256 != load_contract('panda_2f85').sha256


DELTA = 'kind: end_effector_delta\n  end_effector: {rotation: axis_angle, metres_per_unit: 0.05}'


def test_end_effector_deltas_carry_their_meaning(tmp_path):
    action = load_contract(edited(tmp_path, 'kind: joint_position', DELTA)).action
    assert action.end_effector is not None
    assert action.end_effector.rotation == 'axis_angle'
    assert action.end_effector.frame == 'base'
    assert action.names == load_contract('panda_2f85').action.names


@pytest.mark.parametrize(
    ('new', 'message'),
    [
        ('kind: end_effector_delta', 'found nothing with kind end_effector_delta'),
        ('kind: joint_position\n  end_effector: {}', 'found a section with kind joint_position'),
        (DELTA.replace('}', ', gripper_open: 0}'), 'gripper_open and gripper_closed are both 0'),
        (DELTA.replace('axis_angle', 'euler'), 'roll_pitch_yaw or axis_angle'),
    ],
)
def test_contradicting_action_kinds_are_refused(tmp_path, new, message):
    with pytest.raises(ContractError, match=message):
        load_contract(edited(tmp_path, 'kind: joint_position', new))
