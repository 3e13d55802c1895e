"""Pinocchio's reading of the model against MuJoCo's, and gradients against differences."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest
from vla_contract.deployment.cell import Cell, load_cell, PlacedRobot
from vla_contract.deployment.geometry import ControlPoint
from vla_contract.errors import ContractError, ResourceNotFoundError, UnknownNameError
from vla_contract.kinematics.workspace_kinematics import WorkspaceKinematics
from vla_contract.share import package_file


@pytest.fixture(scope='module', params=['panda_table', 'vx300s_table'])
def cell(request) -> Cell:
    return load_cell(request.param)


@pytest.fixture(scope='module')
def data(cell) -> mujoco.MjData:
    file = package_file(cell.robot.model.package, cell.robot.model.mjcf)
    return mujoco.MjData(mujoco.MjModel.from_xml_path(str(file)))


def changed(cell: Cell, **values) -> Cell:
    return replace(cell, robots=(PlacedRobot(replace(cell.robot, **values)),))


def in_base(cell, data, position: np.ndarray) -> np.ndarray:
    base = data.body(cell.robot.model.base_body)
    return base.xmat.reshape(3, 3).T @ (position - base.xpos)


@pytest.fixture(scope='module')
def kinematics(cell) -> WorkspaceKinematics:
    return WorkspaceKinematics(cell)


@pytest.fixture(scope='module')
def poses(cell) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    joints = [cell.joints[i] for i in cell.arm]
    return [np.array([rng.uniform(j.lower, j.upper) for j in joints]) for _ in range(20)]


def test_control_points_are_where_mujoco_has_them(cell, kinematics, poses, data):
    for arm in poses:
        for i, angle in zip(cell.arm, arm, strict=True):
            data.joint(cell.joints[i].model_joint).qpos = angle
        mujoco.mj_kinematics(data.model, data)
        expected = []
        for point in cell.geometry.control_points:
            body = data.body(point.body)
            centre = body.xpos + body.xmat.reshape(3, 3) @ point.offset
            expected.append(in_base(cell, data, centre))
        assert kinematics.positions(arm) == pytest.approx(np.array(expected), abs=1e-9)


def test_the_tool_is_the_tool_site(cell, kinematics, data):
    mujoco.mj_resetData(data.model, data)
    mujoco.mj_kinematics(data.model, data)
    tool = [p.name for p in cell.geometry.control_points].index('tool')
    site = in_base(cell, data, data.site(cell.robot.tool.site).xpos)
    at_zero = kinematics.positions(np.zeros(len(cell.arm)))
    assert at_zero[tool] == pytest.approx(site, abs=1e-9)


def test_at_home_nothing_is_near_a_limit_of_the_workspace(cell, kinematics):
    workspace, home = cell.workspace, cell.home[list(cell.arm)]
    kinematics.update(home)
    assert min(kinematics.distances()) > workspace.clearance
    heights = kinematics.positions(home)[:, 2] - [p.radius for p in cell.geometry.control_points]
    assert heights.min() > workspace.margin


def test_gradients_are_differences(kinematics, poses):
    for arm in poses:
        kinematics.update(arm)
        points, jacobians = (value.copy() for value in kinematics.points())
        distances = np.array(kinematics.distances())
        gradients = np.array([kinematics.separation(i) for i in range(len(distances))])
        for joint in range(arm.size):
            moved = arm.copy()
            moved[joint] += 1e-6
            kinematics.update(moved)
            slope = (kinematics.points()[0] - points) / 1e-6
            assert jacobians[:, :, joint] == pytest.approx(slope, abs=1e-5)
            change = (np.array(kinematics.distances()) - distances) / 1e-6
            apart = distances > 0.01
            assert gradients[apart, joint] == pytest.approx(change[apart], abs=1e-4)


def test_levers_bound_how_fast_a_distance_changes(kinematics, poses):
    for arm in poses:
        kinematics.update(arm)
        kinematics.distances()
        gradients = [kinematics.separation(i) for i in range(len(kinematics.levers))]
        assert (np.abs(gradients) <= kinematics.levers + 1e-9).all()


def test_a_body_that_is_not_in_the_model_lists_those_that_are(cell):
    points = (ControlPoint('tip', 'nose'),)
    geometry = replace(cell.geometry, control_points=points)
    with pytest.raises(UnknownNameError, match="body 'nose' is not in the model; .*link"):
        WorkspaceKinematics(changed(cell, geometry=geometry))


def test_a_missing_model_is_one_sentence(cell):
    for model in (
        replace(cell.robot.model, package='no_such_robot'),
        replace(cell.robot.model, mjcf='assets/nothing.xml'),
    ):
        with pytest.raises(ResourceNotFoundError):
            WorkspaceKinematics(changed(cell, model=model))


def test_a_model_that_is_none_is_one_sentence(cell):
    model = replace(cell.robot.model, mjcf='__init__.py')
    with pytest.raises(ContractError, match='cannot read the model'):
        WorkspaceKinematics(changed(cell, model=model))
