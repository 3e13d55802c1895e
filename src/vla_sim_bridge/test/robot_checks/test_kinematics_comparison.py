import re

import pytest
from vla_contract.check import Status
from vla_contract.deployment.robot import KIND
from vla_contract.share import find_config, package_file
from vla_sim_bridge.drafting.tool_places import load_robot_file
from vla_sim_bridge.robot_checks.kinematics_comparison import check_same_kinematics

# A hinge about z with a link of 0.3 m, and another about y; twice, in both formats.
MJCF = """<mujoco><compiler angle="radian"/><worldbody><body name="base"><geom size="0.05"/>
  <body name="one" pos="0 0 0.1"><joint name="j1" axis="0 0 1"/><geom size="0.05"/>
  <body name="two" pos="0.3 0 0"><joint name="j2" axis="0 1 0"/><geom size="0.05"/>
  <body name="three" pos="0.3 0 0"><joint name="j3" axis="0 1 0"/><geom size="0.05"/>
  <site name="tip"/></body></body></body></body></worldbody></mujoco>"""
URDF = """<robot name="r"><link name="base_link"/>{links}
  {joint1}{joint2}{joint3}</robot>"""
ROBOT = """schema: 2
name: r
joints:
{joints}
groups: [{{name: arm, joints: [j1, j2, j3]}}]
tools: [{{name: tip, frame: tip, site: tip, approach: x}}]
rates: {{filter_hz: 100.0, joint_states_hz: 100.0}}
model: {{mjcf: r.xml, base_frame: base, base_body: base}}
"""


def joint(name: str, parent: str, child: str, xyz: str, axis: str) -> str:
    return (
        f'<joint name="{name}" type="revolute"><parent link="{parent}"/><child link="{child}"/>'
        f'<origin xyz="{xyz}"/><axis xyz="{axis}"/><limit lower="-2" upper="2" effort="1" '
        'velocity="1"/></joint>'
    )


def urdf(second: str = '0.3 0 0', axis: str = '0 1 0') -> str:
    inertia = '<inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/>'
    link = f'<inertial><mass value="1"/>{inertia}</inertial>'
    return URDF.format(
        links=''.join(f'<link name="l{k}">{link}</link>' for k in (1, 2, 3)),
        joint1=joint('j1', 'base_link', 'l1', '0 0 0.1', '0 0 1'),
        joint2=joint('j2', 'l1', 'l2', second, axis),
        joint3=joint('j3', 'l2', 'l3', '0.3 0 0', '0 1 0'),
    )


@pytest.fixture
def robot(tmp_path):
    (tmp_path / 'r.xml').write_text(MJCF)
    row = '  - {{name: {0}, type: revolute, lower: -2.0, upper: 2.0, velocity: 1.0, '
    row += 'acceleration: 5.0, jerk: 100.0, effort: 9.0, home: 0.0, model_joint: {0}}}'
    path = tmp_path / 'r.yaml'
    path.write_text(ROBOT.format(joints='\n'.join(row.format(f'j{k}') for k in (1, 2, 3))))
    return load_robot_file(path)


def compare(robot, tmp_path, text: str):
    path = tmp_path / 'other.urdf'
    path.write_text(text)
    (found,) = check_same_kinematics(robot, str(path))
    return found


def test_the_same_arm_in_another_format_agrees(robot, tmp_path):
    found = compare(robot, tmp_path, urdf())
    assert found.status is Status.OK, found.line
    assert found.found.startswith('3 joints; ')


def test_another_length_is_told_at_the_joint_where_it_begins(robot, tmp_path):
    found = compare(robot, tmp_path, urdf(second='0.31 0 0'))
    assert found.status is Status.FAIL
    assert 'j2 is off by 10 mm' in found.found


def test_a_joint_that_turns_the_other_way_is_told(robot, tmp_path):
    found = compare(robot, tmp_path, urdf(axis='0 -1 0'))
    assert found.status is Status.FAIL
    assert re.search(r'j2 is off by \S+ mm and 180 deg', found.found)


def test_a_place_along_the_axis_does_not_count(robot, tmp_path):
    assert compare(robot, tmp_path, urdf(second='0.3 0.05 0').replace(
        '0.3 0 0', '0.3 -0.05 0')).status is Status.OK  # fmt: skip


def test_a_file_without_enough_joints_is_not_compared(robot, tmp_path):
    text = '<mujoco><worldbody><body><joint name="a"/><geom size="1"/></body></worldbody></mujoco>'
    path = tmp_path / 'other.xml'
    path.write_text(text)
    (found,) = check_same_kinematics(robot, str(path))
    assert found.status is Status.SKIP


def test_the_panda_is_itself():
    robot = load_robot_file(find_config(KIND, 'panda_2f85'))
    (found,) = check_same_kinematics(robot, str(package_file('gym_hil', 'assets/panda.xml')))
    assert found.status is Status.OK
