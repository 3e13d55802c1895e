"""Pinocchio's reading of the model against MuJoCo's, and gradients against differences."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest
from vla_contract.contract import load_contract, RobotContract
from vla_contract.errors import ContractError, ResourceNotFoundError, UnknownNameError
from vla_contract.kinematics.workspace_kinematics import WorkspaceKinematics
from vla_contract.share import package_file
from vla_contract.workspace import ControlPoint


@pytest.fixture(scope='module', params=['panda_2f85', 'vx300s'])
def contract(request) -> RobotContract:
    return load_contract(request.param)


@pytest.fixture(scope='module')
def data(contract) -> mujoco.MjData:
    file = package_file(contract.model.package, contract.model.mjcf)
    return mujoco.MjData(mujoco.MjModel.from_xml_path(str(file)))


def in_base(contract, data, position: np.ndarray) -> np.ndarray:
    base = data.body(contract.model.base_body)
    return base.xmat.reshape(3, 3).T @ (position - base.xpos)


@pytest.fixture(scope='module')
def kinematics(contract) -> WorkspaceKinematics:
    return WorkspaceKinematics(contract)


@pytest.fixture(scope='module')
def poses(contract) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    joints = [contract.joints[i] for i in contract.arm]
    return [np.array([rng.uniform(j.lower, j.upper) for j in joints]) for _ in range(20)]


def test_control_points_are_where_mujoco_has_them(contract, kinematics, poses, data):
    for arm in poses:
        for i, angle in zip(contract.arm, arm, strict=True):
            data.joint(contract.joints[i].model_joint).qpos = angle
        mujoco.mj_kinematics(data.model, data)
        expected = []
        for point in contract.workspace.control_points:
            body = data.body(point.body)
            centre = body.xpos + body.xmat.reshape(3, 3) @ point.offset
            expected.append(in_base(contract, data, centre))
        assert kinematics.positions(arm) == pytest.approx(np.array(expected), abs=1e-9)


def test_the_tool_is_the_tool_site(contract, kinematics, data):
    mujoco.mj_resetData(data.model, data)
    mujoco.mj_kinematics(data.model, data)
    tool = [p.name for p in contract.workspace.control_points].index('tool')
    site = in_base(contract, data, data.site(contract.model.tool_site).xpos)
    at_zero = kinematics.positions(np.zeros(len(contract.arm)))
    assert at_zero[tool] == pytest.approx(site, abs=1e-9)


def test_at_home_nothing_is_near_a_limit_of_the_workspace(contract, kinematics):
    workspace, home = contract.workspace, contract.home[list(contract.arm)]
    kinematics.update(home)
    assert min(kinematics.distances()) > workspace.clearance
    heights = kinematics.positions(home)[:, 2] - [p.radius for p in workspace.control_points]
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


def test_a_body_that_is_not_in_the_model_lists_those_that_are(contract):
    points = (ControlPoint('tip', 'nose'),)
    workspace = replace(contract.workspace, control_points=points)
    with pytest.raises(UnknownNameError, match="body 'nose' is not in the model; .*link"):
        WorkspaceKinematics(replace(contract, workspace=workspace))


def test_a_missing_model_is_one_sentence(contract):
    for model in (
        replace(contract.model, package='no_such_robot'),
        replace(contract.model, mjcf='assets/nothing.xml'),
    ):
        with pytest.raises(ResourceNotFoundError):
            WorkspaceKinematics(replace(contract, model=model))


def test_a_model_that_is_none_is_one_sentence(contract):
    model = replace(contract.model, mjcf='__init__.py')
    with pytest.raises(ContractError, match='cannot read the model'):
        WorkspaceKinematics(replace(contract, model=model))
