"""The checks on the shipped robots, and on ones with a mistake in them."""

from dataclasses import replace

import pytest
from vla_contract.check import Status
from vla_contract.deployment.robot import KIND
from vla_contract.deployment.robot_model import Model
from vla_contract.share import find_config
from vla_sim_bridge.drafting.tool_places import load_robot_file
from vla_sim_bridge.robot_checks.checklist import check_robot_file
from vla_sim_bridge.robot_checks.limits import check_limits
from vla_sim_bridge.robot_checks.shapes import check_shapes

PANDA, VIPER = 'panda_2f85', 'vx300s'


def statuses(checks) -> dict[str, Status]:
    return {check.name: check.status for check in checks}


def changed(tmp_path, robot: str, *replacements: tuple[str, str]):
    text = find_config(KIND, robot).read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / f'{robot}.yaml'
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(('robot', 'cell'), [(PANDA, 'panda_table'), (VIPER, 'vx300s_table')])
def test_the_shipped_robots_are_good_in_their_cells(robot, cell):
    found = check_robot_file(robot, cell)
    assert set(statuses(found).values()) == {Status.OK}, [check.line for check in found]
    assert {'holds still', 'physics', 'home and links'} <= statuses(found).keys()


def test_a_home_below_the_table_is_told_with_its_distance(tmp_path):
    low = changed(tmp_path, PANDA, ('home: 0.15,', 'home: 1.4,'))
    found = {check.name: check for check in check_robot_file(low)}
    assert found['home and workspace'].status is Status.FAIL
    assert 'table' in found['home and workspace'].found


def test_servos_that_shake_are_told(tmp_path):
    wild = changed(tmp_path, PANDA, ('stiffness: 2000.0 ', 'stiffness: 9000000.0 '),
                   ('damping: 200.0 ', 'damping: 0.0 '), ('effort: 87.0', 'effort: 900000.0'),
                   ('effort: 12.0', 'effort: 900000.0'))  # fmt: skip
    found = statuses(check_robot_file(wild))
    assert Status.FAIL in (found['physics'], found.get('holds still'), found.get('servos settle'))


def test_a_file_that_does_not_load_is_one_finding(tmp_path):
    broken = changed(tmp_path, PANDA, ('model_joint: joint3', 'model_joint: joint33'))
    found = check_robot_file(broken)
    assert [check.status for check in found if not check.is_good_enough] == [Status.FAIL]
    assert 'joint33' in found[-1].found
    found = check_robot_file(changed(tmp_path, PANDA, ('schema: 2', 'schema: 9')))
    assert [check.name for check in found] == ['loads']


def test_a_lift_in_millimetres_is_called_so():
    robot = load_robot_file(find_config(KIND, PANDA))
    lift = replace(robot.joints[0], type='prismatic', lower=0.0, upper=4.0, velocity=1.0)
    (found,) = check_limits(replace(robot, joints=(lift, *robot.joints[1:])))
    assert (found.status, found.found) == (Status.FAIL, 'a range of 4 m')
    assert found.fix == 'millimetres?'


def test_a_lively_joint_and_a_gripper_without_opening_are_remarks():
    robot = load_robot_file(find_config(KIND, PANDA))
    quick = replace(robot.joints[0], velocity=9.0)
    thin = replace(robot.joints[-1], opening_m=0.0)
    found = check_limits(replace(robot, joints=(quick, *robot.joints[1:-1], thin)))
    assert [check.status for check in found] == [Status.WARN, Status.WARN]


def test_limits_in_degrees_are_refused_on_load(tmp_path):
    (found,) = check_robot_file(changed(tmp_path, PANDA, ('velocity: 2.175', 'velocity: 229.0')))
    assert (found.name, found.status) == ('loads', Status.FAIL)
    assert '229 rad/s' in found.found
    assert 'is it in degrees?' in found.found


def test_what_of_a_urdf_is_not_as_it_is_written_is_said(tmp_path):
    text = '<robot name="r"><link name="a"><visual><geometry><mesh filename="a.dae"/></geometry>'
    (tmp_path / 'a.dae').write_text('<COLLADA/>')
    (tmp_path / 'r.urdf').write_text(text + '</visual></link></robot>')
    robot = load_robot_file(find_config(KIND, PANDA))
    assert check_shapes(robot) == []
    model = Model(urdf='r.urdf', folder=str(tmp_path), base_frame='a', base_body='a')
    (found,) = check_shapes(replace(robot, model=model))
    assert found.status is Status.WARN
    assert found.found.startswith('visual of a: a.dae')
