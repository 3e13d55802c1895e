"""Arms of five, six and seven joints, and one of two arms."""

from pathlib import Path

import numpy as np
import pytest
from vla_contract import so3
from vla_contract.deployment.cell import Cell, load_cell
from vla_contract.deployment.deployment import load_deployment
from vla_contract.share import find_config
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.scene.scene import build_model
import yaml

DEPLOYMENT = 'schema: 1\nname: arms\ncell: cell.yaml\npolicy: scripted\ntask: lift_cube\n'


def kinematics_of(folder: Path, cell: dict) -> tuple[ArmKinematics, Cell]:
    (folder / 'cell.yaml').write_text(yaml.safe_dump(cell), encoding='utf-8')
    (folder / 'arms.yaml').write_text(DEPLOYMENT, encoding='utf-8')
    deployment = load_deployment(str(folder / 'arms.yaml'))
    return ArmKinematics(build_model(deployment), deployment.cell), deployment.cell


def config(kind: str, name: str) -> dict:
    return yaml.safe_load(find_config(kind, name).read_text(encoding='utf-8'))


@pytest.fixture
def five_joints(tmp_path) -> ArmKinematics:
    """Return a ViperX whose forearm does not roll."""
    robot, cell = config('robots', 'vx300s'), config('cells', 'vx300s_table')
    robot['joints'] = [joint for joint in robot['joints'] if joint['name'] != 'forearm_roll']
    robot['groups'][0]['joints'].remove('forearm_roll')
    (tmp_path / 'five.yaml').write_text(yaml.safe_dump(robot), encoding='utf-8')
    cell['robots'] = [{'robot': 'five.yaml'}]
    return kinematics_of(tmp_path, cell)[0]


@pytest.fixture
def pair(tmp_path) -> tuple[ArmKinematics, Cell]:
    cell = config('cells', 'vx300s_table')
    cell['robots'] = [
        {'robot': 'vx300s', 'prefix': 'left_', 'position_m': [-0.469, 0.0, 0.0]},
        {'robot': 'vx300s', 'prefix': 'right_', 'position_m': [0.469, 0.0, 0.0],
         'rpy_deg': [0.0, 0.0, 180.0]},
    ]  # fmt: skip
    cell['workspace']['boxes'] = []
    return kinematics_of(tmp_path, cell)


def reached(kinematics: ArmKinematics, position, rotation) -> tuple[float, float]:
    arm = kinematics.home
    for _ in range(100):
        now, _ = kinematics.tool_pose(arm)
        step = np.clip(position - now, -0.04, 0.04)
        arm = kinematics.step_towards(arm, now + step, rotation)
    now, turned = kinematics.tool_pose(arm)
    turn = so3.Rotation.from_matrix(rotation @ turned.T).as_rotvec()
    return float(np.linalg.norm(position - now)), float(np.linalg.norm(turn))


def test_five_joints_reach_any_yaw_with_the_tool_down(five_joints):
    place, rotation = five_joints.tool_pose(five_joints.home)
    turned = so3.Rotation.from_euler('z', 0.6).as_matrix() @ rotation
    away_m, away_rad = reached(five_joints, place + [0.03, 0.05, -0.05], turned)
    assert len(five_joints.arm) == 5
    assert away_m < 1e-3
    assert away_rad < 1e-2


def test_of_a_pose_that_five_joints_cannot_have_they_keep_the_place(five_joints):
    place, rotation = five_joints.tool_pose(five_joints.home)
    # Tipped across the plane of the arm.
    tipped = so3.Rotation.from_euler('x', 0.3).as_matrix() @ rotation
    away_m, away_rad = reached(five_joints, place, tipped)
    assert away_m < 5e-3
    assert away_rad > 0.05


def test_a_tool_of_a_pair_is_moved_by_its_own_arm(pair):
    kinematics, cell = pair
    assert kinematics.tool.name == 'left_gripper'
    assert [cell.joint_names[i] for i in kinematics.arm] == [
        name for name in cell.joint_names if name.startswith('left_') and 'finger' not in name
    ]
    assert kinematics.axis_m == pytest.approx([-0.469, 0.0], abs=1e-6)


def test_each_tool_of_a_pair_can_be_chosen(pair):
    kinematics, cell = pair
    right = ArmKinematics(kinematics.model, cell, cell.robot.tools[1])
    assert all(cell.joint_names[i].startswith('right_') for i in right.arm)
    left_m, right_m = (each.tool_pose(each.home)[0] for each in (kinematics, right))
    assert right_m == pytest.approx(left_m * [-1.0, -1.0, 1.0], abs=1e-4)


def test_of_a_single_arm_all_joints_move_the_tool():
    cell = load_cell('panda_table')
    kinematics = ArmKinematics(build_model(load_deployment()), cell)
    assert kinematics.arm == cell.arm
