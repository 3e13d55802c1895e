import dataclasses

from described_arm import JOINT_LIMITS, SRDF, STROKE_M, TIP_M
import numpy as np
import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.kinematics.workspace_kinematics import WorkspaceKinematics
from vla_sim_bridge.drafting import draft_cell, draft_robot
from vla_sim_bridge.drafting.tool_places import load_robot_file


@pytest.fixture(scope='module')
def robot(drafted):
    return load_robot_file(drafted)


@pytest.fixture(scope='module')
def cell(drafted):
    out = drafted.parent / 'cell.yaml'
    assert draft_cell.main([str(drafted), '--out', str(out)]) == 0
    return load_cell(str(out))


def test_every_joint_but_the_mimic_is_commanded(robot):
    assert robot.joint_names == (
        'pan', 'lift', 'elbow', 'forearm_roll', 'wrist_pitch', 'wrist_roll', 'left_finger'
    )  # fmt: skip
    assert {group.name: len(group.joints) for group in robot.groups} == {'arm': 6, 'gripper': 1}
    finger = robot.joints[-1]
    assert (finger.closed, finger.home) == (pytest.approx(0.0, abs=1e-5), finger.open)
    assert finger.opening_m == pytest.approx(2 * STROKE_M, abs=1e-3)


def test_the_file_counts_from_its_own_folder(robot, drafted):
    assert robot.model.urdf == '../small_arm.urdf'
    assert (robot.model.base_frame, robot.model.base_body) == ('base', 'base')


def test_guesses_are_marked_and_the_others_name_their_source(drafted):
    lines = drafted.read_text().splitlines()
    assert all('# guessed: ' in line for line in lines if 'jerk: ' in line)
    assert all('# URDF' in line for line in lines if 'effort: ' in line)


def test_at_home_the_tool_looks_down_at_the_table_in_front(cell):
    kinematics = WorkspaceKinematics(cell)
    names = [point.name for point in cell.geometry.control_points]
    points = dict(zip(names, kinematics.positions(cell.home[list(cell.arm)]), strict=True))
    tool, wrist = points['tool'], points['wrist']
    down = (tool - wrist) / np.linalg.norm(tool - wrist)
    assert down[2] < -0.98
    reach = 0.3 + 0.15 + 0.12 + 0.08 + TIP_M
    assert 0.25 * reach < tool[0] < 0.75 * reach
    assert abs(tool[1]) < 0.05
    assert 0.05 < tool[2] < 0.5


def test_home_keeps_every_distance_and_every_end(cell):
    kinematics = WorkspaceKinematics(cell)
    kinematics.update(cell.home[list(cell.arm)])
    assert min(kinematics.distances()) > cell.workspace.clearance
    for i in cell.arm:
        joint = cell.joints[i]
        assert min(joint.home - joint.lower, joint.upper - joint.home) > 0.04


def test_the_camera_sees_the_tool_at_home(cell):
    eye, target, fovy = cell.cameras[0].placement.look()
    position = WorkspaceKinematics(cell).positions(cell.home[list(cell.arm)])[0]
    to_tool, to_target = position - eye, np.subtract(target, eye)
    cosine = to_tool @ to_target / np.linalg.norm(to_tool) / np.linalg.norm(to_target)
    assert np.rad2deg(np.arccos(cosine)) < fovy / 2


def test_moveit_files_and_hints_are_used(urdf_path, tmp_path):
    limits, srdf, out = tmp_path / 'limits.yaml', tmp_path / 'arm.srdf', tmp_path / 'arm.yaml'
    limits.write_text(JOINT_LIMITS)
    srdf.write_text(SRDF)
    options = ['--joint-limits', str(limits), '--srdf', str(srdf)]
    options += ['--tool-body', 'hand', '--tool-offset=0,0,0.05']
    draft_robot.main([str(urdf_path), '--name', 'other', '--out', str(out), *options])
    robot = load_robot_file(out)
    assert (robot.name, robot.joints[0].velocity, robot.joints[0].acceleration) == (
        'other',
        1.25,
        4.5,
    )
    tool = robot.tools[0]
    assert (tool.body, tool.frame, tool.position_m) == ('hand', 'hand', (0.0, 0.0, 0.05))


def test_a_file_that_is_there_is_not_replaced(drafted, urdf_path, capsys):
    before = drafted.read_bytes()
    assert draft_robot.main([str(urdf_path), '--out', str(drafted)]) == 2
    assert 'exists already; give --force' in capsys.readouterr().err
    assert drafted.read_bytes() == before


def test_what_cannot_be_read_is_one_sentence(tmp_path, capsys):
    assert draft_robot.main(['nothing.urdf', '--out', str(tmp_path / 'a.yaml')]) == 2
    assert 'nothing.urdf' in capsys.readouterr().err
    assert not (tmp_path / 'a.yaml').exists()


def test_the_same_description_gives_the_same_file(drafted, urdf_path, monkeypatch):
    monkeypatch.chdir(urdf_path.parent)
    out = drafted.parent / 'again.yaml'
    draft_robot.main(['small_arm.urdf', '--name', 'small_arm', '--out', str(out)])
    assert out.read_text() == drafted.read_text()
    again = dataclasses.asdict(load_robot_file(out))
    assert again == dataclasses.asdict(load_robot_file(drafted))
