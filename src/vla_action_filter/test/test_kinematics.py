"""Pinocchio's reading of the model against MuJoCo's, and gradients against differences."""

from dataclasses import replace
import importlib.util
from pathlib import Path

import mujoco
import numpy as np
import pytest
from vla_action_filter.kinematics import WorkspaceKinematics
from vla_contract.errors import ContractError, ResourceNotFoundError, UnknownNameError
from vla_contract.workspace import ControlPoint


@pytest.fixture(scope='module')
def kinematics(contract) -> WorkspaceKinematics:
    return WorkspaceKinematics(contract)


@pytest.fixture(scope='module')
def poses(contract) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    joints = contract.joints[:7]
    return [np.array([rng.uniform(j.lower, j.upper) for j in joints]) for _ in range(20)]


def test_control_points_are_where_mujoco_has_them(contract, kinematics, poses):
    origin = importlib.util.find_spec(contract.model.package).origin
    model = mujoco.MjModel.from_xml_path(str(Path(origin).parent / contract.model.mjcf))
    data = mujoco.MjData(model)
    for arm in poses:
        for joint, angle in zip(contract.joints[:7], arm, strict=True):
            data.qpos[model.joint(joint.model_joint).qposadr[0]] = angle
        mujoco.mj_kinematics(model, data)
        expected = [
            data.body(p.body).xpos + data.body(p.body).xmat.reshape(3, 3) @ p.offset
            for p in contract.workspace.control_points
        ]
        assert kinematics.positions(arm) == pytest.approx(np.array(expected), abs=1e-9)


def test_the_tool_is_the_tool_site(contract, kinematics):
    origin = importlib.util.find_spec(contract.model.package).origin
    model = mujoco.MjModel.from_xml_path(str(Path(origin).parent / contract.model.mjcf))
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    tool = [p.name for p in contract.workspace.control_points].index('tool')
    site = data.site(contract.model.tool_site).xpos
    assert kinematics.positions(np.zeros(7))[tool] == pytest.approx(site, abs=1e-9)


def test_gradients_are_differences(kinematics, poses):
    for arm in poses:
        kinematics.update(arm)
        points, jacobians = (value.copy() for value in kinematics.points())
        distances = np.array(kinematics.distances())
        gradients = np.array([kinematics.separation(i) for i in range(len(distances))])
        for joint in range(7):
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
    with pytest.raises(UnknownNameError, match="body 'nose' is not in the model; .*link6"):
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
