from dataclasses import replace
from itertools import chain

from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.robot import GRIPPER, Group
from vla_contract.joints.command_groups import command_groups


def joints_of(cell):
    return {
        group.name: [cell.joint_names[i] for i in group.columns]
        for group in command_groups(cell.robot)
    }


def test_a_single_arm_is_commanded_with_its_gripper():
    cell = load_cell('panda_table')
    assert joints_of(cell) == {'arm': list(cell.joint_names)}


def test_each_arm_of_a_pair_is_commanded_with_its_own_gripper():
    for name in ('openarm_table', 'aloha_table'):
        cell = load_cell(name)
        groups = joints_of(cell)
        assert len(groups) == 2
        assert sorted(chain(*groups.values())) == sorted(cell.joint_names)
        for side in ('left', 'right'):
            (own,) = (joints for group, joints in groups.items() if side in group)
            assert all(side in joint for joint in own)


def test_a_gripper_that_no_tool_names_goes_with_the_only_arm_and_else_alone():
    robot = load_cell('openarm_table').robot
    loose = replace(robot, tools=())
    names = [group.name for group in command_groups(loose)]
    assert names == ['left_arm', 'left_gripper', 'right_arm', 'right_gripper']
    single = replace(load_cell('panda_table').robot, tools=())
    assert [group.name for group in command_groups(single)] == ['arm']
    assert any(group.kind == GRIPPER for group in single.groups)
    assert isinstance(single.groups[0], Group)
