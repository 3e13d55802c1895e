"""Forward and inverse kinematics of the tools of a pair against MuJoCo's."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.robot import Group
from vla_contract.description.arm import arm_model
from vla_contract.errors import UnknownNameError
from vla_contract.kinematics.inverse_kinematics import InverseKinematics
from vla_contract.kinematics.tool_kinematics import ToolKinematics

CELL = load_cell('openarm_table')
LEFT, RIGHT = CELL.robot.tools
OF_RIGHT = [i for i, name in enumerate(CELL.joint_names) if 'right_joint' in name]


def test_tools_are_where_mujoco_has_their_sites():
    model = arm_model(CELL)
    data, kinematics = mujoco.MjData(model), ToolKinematics(CELL)
    order = [model.joint(CELL.joints[i].model_joint).qposadr[0] for i in CELL.arm]
    joints = CELL.home + np.random.default_rng(0).uniform(-0.5, 0.5, (3, 4, len(CELL.joints)))
    for tool in (LEFT, RIGHT):
        poses = kinematics.poses(tool, joints)
        assert poses.shape == (3, 4, 4, 4)
        for row, pose in zip(joints.reshape(12, -1), poses.reshape(12, 4, 4), strict=True):
            data.qpos[order] = row[list(CELL.arm)]
            mujoco.mj_kinematics(model, data)
            site = data.site(tool.point)
            assert pose[:3, 3] == pytest.approx(site.xpos, abs=1e-12)
            assert pose[:3, :3] == pytest.approx(site.xmat.reshape(3, 3), abs=1e-12)


@pytest.mark.parametrize('rate_hz', [None, 10.0])
def test_only_the_arm_of_a_tool_moves_and_with_a_rate_no_faster_than_it_can(rate_hz):
    kinematics = InverseKinematics(CELL, rate_hz, RIGHT)
    arm, right = CELL.home[list(CELL.arm)], [CELL.arm.index(i) for i in OF_RIGHT]
    end = arm.copy()
    end[right] += 0.4
    wanted = kinematics.tool_pose(end)
    found = kinematics.step_to(arm, wanted)
    others = [i for i in range(len(arm)) if i not in right]
    assert np.abs(found - arm)[others].max() < 1e-12
    reach = np.array([CELL.joints[i].velocity for i in CELL.arm]) * 0.1
    missed = np.linalg.norm(kinematics.tool_pose(found)[:3, 3] - wanted[:3, 3])
    if rate_hz:
        assert (np.abs(found - arm) <= reach + 1e-12).all()
    else:
        assert (np.abs(found - arm) > reach).any()
        assert missed < 1e-5


def test_a_joint_of_another_group_stays_though_it_would_help():
    """As the torso that carries an arm: it is no joint of the tool's group."""
    panda = load_cell('panda_table')
    arm, gripper = panda.robot.groups
    torso, wrist = Group('torso', arm.joints[:3]), Group('wrist', arm.joints[3:])
    tool = replace(panda.robot.tool, group='wrist')
    robot = replace(panda.robot, groups=(torso, wrist, gripper), tools=(tool,))
    cell = replace(panda, robots=(replace(panda.robots[0], robot=robot),))
    kinematics = InverseKinematics(cell, None, tool)
    start = cell.home[list(cell.arm)]
    found = kinematics.step_to(start, kinematics.tool_pose(start + 0.2))
    assert np.array_equal(found[:3], start[:3])
    assert np.abs(found - start)[3:].max() > 0.05


def test_a_tool_belongs_to_its_arm_and_to_the_robot_that_carries_it():
    assert list(CELL.robot.arm_of(RIGHT)) == OF_RIGHT
    assert CELL.robot.tool_named('left_gripper') is LEFT
    with pytest.raises(
        UnknownNameError, match="tool 'hand' is not in robot openarm; it has: left"
    ):
        CELL.robot.tool_named('hand')
    pair = load_cell('aloha_table')
    assert pair.carrier_of('right_gripper').prefix == 'right_'
    with pytest.raises(UnknownNameError, match='left_gripper, right_gripper'):
        pair.carrier_of('gripper')
