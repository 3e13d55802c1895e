"""A device commands whole groups of one arm or of all."""

from leader_double import device_file
import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import ContractError, NameMismatchError
from vla_teleop.mapping.groups import commanded_groups, device_joints


def test_all_arms_have_the_services_without_a_name():
    cell = load_cell('so101_table')
    found = commanded_groups(cell, cell.joint_names, 'leader')
    assert found.services('take_over') == ('action_filter/take_over',)


def test_one_arm_of_two_has_services_of_its_own():
    cell = load_cell('aloha_table')
    left = [name for name in cell.joint_names if name.startswith('left_')]
    found = commanded_groups(cell, left, 'leader')
    assert found.services('hand_back') == ('action_filter/left_arm/hand_back',)
    assert commanded_groups(cell, cell.joint_names, 'leader').are_all


@pytest.mark.parametrize(('count', 'missing'), [(4, 'wrist_roll, gripper'), (5, 'gripper')])
def test_a_part_of_an_arm_is_refused(count, missing):
    cell = load_cell('so101_table')
    with pytest.raises(NameMismatchError, match=f'group arm: missing {missing}'):
        commanded_groups(cell, cell.joint_names[:count], 'leader')


def test_a_device_without_joints_of_the_cell_is_told_which_there_are():
    cell = load_cell('aloha_table')
    with pytest.raises(ContractError, match='found none; allowed: those of an arm: left_arm, ri'):
        commanded_groups(cell, [], 'leader')


@pytest.mark.parametrize(('tool', 'side'), [('', 'left_'), ('right_gripper', 'right_')])
def test_a_tool_brings_its_arm_and_its_gripper(tmp_path, tool, side):
    cell = load_cell('aloha_table')
    file = device_file(tmp_path, joints=None, tool={'name': tool})
    joints = device_joints(file, cell)
    assert joints == tuple(name for name in cell.joint_names if name.startswith(side))
