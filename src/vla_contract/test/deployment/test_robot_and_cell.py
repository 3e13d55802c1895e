from dataclasses import replace

import pytest
from vla_contract.deployment.cell import load_cell, Placement
from vla_contract.errors import ContractError, NameMismatchError, UnknownNameError


def test_the_panda_loads_with_arm_and_gripper():
    cell = load_cell('panda_table')
    assert cell.arm == tuple(range(7))
    assert cell.grippers == (7,)
    assert cell.home.shape == (8,)
    assert cell.robot.name == 'panda_2f85'
    assert len(cell.sha256) == len(cell.robot.sha256) == 64


def test_an_unknown_cell_lists_those_that_exist():
    with pytest.raises(UnknownNameError, match='did you mean panda_table'):
        load_cell('panda_tabel')


def test_an_unknown_robot_lists_those_that_exist(edited):
    with pytest.raises(UnknownNameError, match='did you mean panda_2f85'):
        load_cell(edited('robot: ./robot.yaml', 'robot: panda_2f58', 'cells'))


def test_an_unknown_camera_lists_those_that_exist():
    with pytest.raises(UnknownNameError) as caught:
        load_cell('panda_table').camera('wrist')
    assert str(caught.value) == "camera 'wrist' is not in cell panda_table; it has: top"


@pytest.mark.parametrize('robots', ['robots: []', 'robots: panda_2f85'])
def test_a_cell_has_robots(edited, robots):
    with pytest.raises(ContractError, match='robots: found .*; allowed: a list of - robot'):
        load_cell(edited('robots:\n  - {robot: ./robot.yaml}', robots, 'cells'))


def test_a_robot_stands_in_a_list_of_mappings(edited):
    with pytest.raises(ContractError, match=r'robots\[0\]: found'):
        load_cell(edited('{robot: ./robot.yaml}', 'panda_2f85', 'cells'))


def test_a_repeated_joint_is_refused(edited):
    with pytest.raises(NameMismatchError, match='repeated panda_joint1'):
        load_cell(edited('{name: panda_joint2', '{name: panda_joint1'))


def test_a_joint_belongs_to_one_group(edited):
    with pytest.raises(NameMismatchError, match='all groups.*repeated panda_joint1'):
        load_cell(edited('[robotiq_85_left_knuckle_joint]', '[panda_joint1]'))


def test_the_first_of_several_tools_is_the_main_one(edited):
    cell = load_cell(edited('tools:\n', 'tools:\n  - {name: other, frame: f, site: pinch}\n'))
    assert cell.robot.tool.name == 'other'
    assert [cell.robot.gripper_of(tool) for tool in cell.robot.tools] == [7, 7]


def test_a_robot_without_a_tool_serves_what_needs_none(edited):
    cell = load_cell(edited('rates:', 'rates:'))
    robot = replace(cell.robot, tools=())
    with pytest.raises(ContractError, match='robot panda_2f85: tools: found none; this needs one'):
        _ = robot.tool


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('site: pinch', 'site: pinch\n    body: base', 'site and body: found both; allowed: one'),
        ('actuator: f', 'gripper: hand\n    actuator: f', "group 'hand' is not in .*gripper"),
        ('velocity: 2.175', 'velocity: 229.0', 'velocity .*229 rad/s; .* is it in degrees'),
        ('-2.8973, upper: 2.8973', '-166, upper: 166', '332 rad; allowed: up to 25.1'),
        ('base_frame:', 'urdf: a.urdf\n  base_frame:', 'mjcf and urdf; allowed: one of mjcf'),
        ('base_body: link0', "base_body: ''", 'base_body: found nothing; allowed: a body of'),
        ('mjcf: assets/panda.xml', 'folder: x', 'on bodies of no model; allowed: none'),
        ('base_frame:', "xacro_arguments: ['a']\n  base_frame:", 'found some beside mjcf'),
    ],
)
def test_contradictions_of_a_robot_are_refused(edited, old, new, message):
    with pytest.raises(ContractError, match=message):
        load_cell(edited(old, new))


def test_a_home_outside_its_limits_is_refused(edited):
    with pytest.raises(ContractError, match='panda_joint2: lower'):
        load_cell(edited('home: 0.15', 'home: 5.0'))


def test_fingers_cannot_close_along_the_axis_of_approach(edited):
    with pytest.raises(ContractError, match='found z for both; allowed: two different axes'):
        load_cell(edited('    site:', '    closing: z\n    site:'))


def test_a_gripper_says_where_it_is_closed(edited):
    knuckle = load_cell('panda_table').joints[7]
    assert (knuckle.open, knuckle.closed) == (0.0, 0.8)
    knuckle = load_cell(edited('closed_at: upper', 'closed_at: lower')).joints[7]
    assert (knuckle.open, knuckle.closed) == (0.8, 0.0)


def test_a_zone_names_control_points_of_the_robot(edited):
    with pytest.raises(UnknownNameError, match='finger_left'):
        load_cell(edited('points: [tool]', 'points: [nose]', 'cells'))


def test_a_camera_is_placed_once():
    with pytest.raises(ContractError, match='either eye_m, target_m and fovy_deg, or calib'):
        Placement(eye_m=(1.0, 0.0, 0.5), calibration='samples/beside')
    with pytest.raises(ContractError, match='it stands as calibrated'):
        Placement(calibration='samples/beside').look()


def test_the_hash_follows_the_meaning_and_nothing_else(edited):
    known = load_cell('panda_table').sha256
    comment = ('schema: 2', 'schema: 2  # a comment, and the same number otherwise')
    assert load_cell(edited(*comment)).sha256 == known
    assert load_cell(edited('upper: 2.8973', 'upper: 2.89730')).sha256 == known
    assert load_cell(edited('upper: 2.8973', 'upper: 2.8974')).sha256 != known
    assert load_cell(edited('rate_hz: 15.0', 'rate_hz: 15', 'cells')).sha256 == known
    assert load_cell(edited('rate_hz: 15.0', 'rate_hz: 30.0', 'cells')).sha256 != known


def test_a_default_means_the_same_written_or_not(edited):
    known = load_cell('panda_table').sha256
    assert load_cell(edited('closed_at: upper, ', '')).sha256 == known
