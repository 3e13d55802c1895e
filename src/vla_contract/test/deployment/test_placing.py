"""Several robots of a cell as one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from vla_contract.deployment.cell import Cell, load_cell
from vla_contract.errors import ContractError, NameMismatchError, UnknownNameError
from vla_contract.kinematics.workspace_kinematics import WorkspaceKinematics
from vla_contract.share import find_config

PAIR = """robots:
  - {robot: vx300s, prefix: left_, namespace: left, position_m: [-0.469, 0.5, 0.02]}
  - {robot: vx300s, prefix: right_, namespace: right, position_m: [0.469, 0.5, 0.02],
     rpy_deg: [0, 0, 180]}
keep_apart: [[left_gripper, right_gripper]]
"""


@pytest.fixture
def pair(tmp_path):
    """Returns what loads a cell of two ViperX arms, with one text replaced."""

    def load(old: str = '', new: str = '') -> Cell:
        text = find_config('cells', 'vx300s_table').read_text()
        start, end = text.index('robots:'), text.index('cameras:')
        text = text[:start] + PAIR.replace(old, new) + '\n' + text[end:]
        text = text.replace('points: [tool]', 'points: [left_tool, right_tool]')
        Path(tmp_path / 'pair.yaml').write_text(text)
        return load_cell(str(tmp_path / 'pair.yaml'))

    return load


def test_a_pair_has_every_name_once(pair):
    cell = pair()
    one = load_cell('vx300s_table').robot
    names = [f'{side}_{name}' for side in ('left', 'right') for name in one.joint_names]
    assert list(cell.joint_names) == names
    assert len(cell.arm) == 2 * 6
    assert len(cell.grippers) == 2
    assert cell.robot.gripper_of(cell.robot.tools[1]) == names.index('right_left_finger')
    topics = [channel.endpoint for channel in cell.channels]
    assert topics[0].startswith('left/')
    assert topics[-1].startswith('right/')
    assert [source.topic for source in cell.joint_sources] == [
        'left/joint_states', 'right/joint_states',
    ]  # fmt: skip
    assert len(cell.robot.sha256) == 64


def test_each_arm_moves_where_it_stands(pair):
    one, both = load_cell('vx300s_table'), pair()
    alone, together = WorkspaceKinematics(one), WorkspaceKinematics(both)
    home, rng = one.home[list(one.arm)], np.random.default_rng(0)
    left, right = home + rng.uniform(-0.2, 0.2, 6), home + rng.uniform(-0.2, 0.2, 6)
    points = together.positions(np.concatenate([left, right]))
    count = len(one.geometry.control_points)
    assert points[:count] == pytest.approx(alone.positions(left) + [-0.469, 0.5, 0.02])
    turned = alone.positions(right) * [-1, -1, 1] + [0.469, 0.5, 0.02]
    assert points[count:] == pytest.approx(turned)


def test_arms_keep_their_distance_from_each_other(pair):
    both = pair()
    together, home = WorkspaceKinematics(both), both.home[list(both.arm)]
    together.update(home)
    pairs = [*both.geometry.self_collision]
    assert pairs[-1] == ('left_gripper', 'right_gripper')
    assert together.distances()[-1] > 0.05
    assert np.count_nonzero(together.levers[-1]) == 12


def test_a_single_robot_may_stand_elsewhere(tmp_path):
    text = find_config('cells', 'panda_table').read_text()
    moved = '{robot: panda_2f85, position_m: [0, 0, 0.1], rpy_deg: [0, 0, 90]}'
    Path(tmp_path / 'c.yaml').write_text(text.replace('{robot: panda_2f85}', moved))
    one, other = load_cell('panda_table'), load_cell(str(tmp_path / 'c.yaml'))
    home = one.home[list(one.arm)]
    points, found = WorkspaceKinematics(one).positions(home), WorkspaceKinematics(other)
    x, y, z = points.T
    assert found.positions(home) == pytest.approx(np.column_stack([-y, x, z + 0.1]))
    assert other.sha256 != one.sha256


def test_the_simulated_servos_of_each_robot_stay_its_own(pair):
    cell = pair()
    gains = load_cell('vx300s_table').robot.servo
    assert {joint.stiffness for joint in cell.joints} == {gains.stiffness}


@pytest.mark.parametrize(
    ('old', 'new', 'error', 'message'),
    [
        ('right_, n', 'left_, n', NameMismatchError, 'all robots: repeated left_elbow'),
        ('right_gripper]', 'right_griper]', UnknownNameError, 'did you mean right_gripper'),
        ('vx300s, prefix: left', 'panda_2f85, prefix: left', ContractError, 'and vx300s: found'),
    ],
)
def test_robots_that_do_not_go_together_are_refused(pair, old, new, error, message):
    with pytest.raises(error, match=message):
        pair(old, new)


def test_a_pair_is_cut_from_the_pair_that_is_kept_apart(pair):
    cell = pair()
    robot = replace(cell, keep_apart=()).robot
    assert len(robot.geometry.self_collision) == len(cell.geometry.self_collision) - 1


def test_drivers_that_do_not_know_the_prefix_are_heard_under_it(pair):
    left, right = pair('namespace', 'drivers_own_names: true, namespace').joint_sources
    assert left.own_names()[0] == 'waist'
    assert left.names(['waist', 'left_finger']) == ['left_waist', 'left_left_finger']
    assert right.joints[-1] == 'right_left_finger'
    cell = pair('namespace', 'drivers_own_names: true, namespace')
    assert cell.channels[1].driver_joints[0] == 'waist'
    assert cell.channels[1].joints[0] == 'right_waist'
    known = pair().joint_sources[1]
    assert known.own_names()[0] == 'right_waist'
    assert known.names(['right_waist']) == ['right_waist']


def test_arm_and_gripper_of_two_drivers_have_a_topic_each(tmp_path):
    text = find_config('robots', 'panda_2f85').read_text()
    topics = 'joint_states: [joint_states, franka_gripper/joint_states]\n'
    Path(tmp_path / 'r.yaml').write_text(text + topics)
    cell = find_config('cells', 'panda_table').read_text()
    Path(tmp_path / 'c.yaml').write_text(cell.replace('panda_2f85', './r.yaml'))
    arm, gripper = load_cell(str(tmp_path / 'c.yaml')).joint_sources
    assert (len(arm.joints), gripper.topic) == (7, 'franka_gripper/joint_states')
    assert gripper.joints == ('robotiq_85_left_knuckle_joint',)
