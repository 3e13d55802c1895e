"""Where the bodies of a robot are, and what they look like."""

from functools import cache

import numpy as np
import pinocchio
import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.kinematics.arm_model import arm_order, body_frame, load_arm_model
from vla_rollout.view.shapes import RobotBodies


@cache
def bodies_of(name):
    cell = load_cell(name)
    return cell, RobotBodies(cell)


def pinocchio_pose(model, cell, body, joints):
    data, q = model.createData(), pinocchio.neutral(model)
    q[arm_order(model, cell)] = joints[list(cell.arm)]
    pinocchio.forwardKinematics(model, data, q)
    return pinocchio.updateFramePlacement(model, data, body_frame(model, body)).homogeneous


@pytest.mark.parametrize('name', ['panda_table', 'aloha_table'])
def test_arms_are_where_pinocchio_has_them(name):
    cell, bodies = bodies_of(name)
    model, rng = load_arm_model(cell), np.random.default_rng(0)
    lower, upper = (np.array([getattr(j, end) for j in cell.joints]) for end in ('lower', 'upper'))
    links = [body for body in bodies.names if 'link' in body and 'finger' not in body]
    links = [body for body in links if 'spring' not in body]
    assert len(links) >= 8
    for _ in range(5):
        joints = rng.uniform(lower, upper)
        joints[list(cell.grippers)] = cell.home[list(cell.grippers)]
        poses = dict(zip(bodies.names, bodies.poses(joints), strict=True))
        for body in links:
            expected = pinocchio_pose(model, cell, body, joints)
            assert poses[body] == pytest.approx(expected, abs=1e-9), body


def gap(bodies, joints, left, right):
    poses = dict(zip(bodies.names, bodies.poses(joints), strict=True))
    return np.linalg.norm(poses[left][:3, 3] - poses[right][:3, 3])


def at_gripper(cell, position):
    joints = cell.home.copy()
    joints[list(cell.grippers)] = [getattr(cell.joints[i], position) for i in cell.grippers]
    return joints


def test_a_linkage_closes_with_the_joint_that_drives_it():
    """The 2F-85: one joint is commanded, seven follow through its rods."""
    cell, bodies = bodies_of('panda_table')
    joint = cell.joints[cell.grippers[0]]
    pads = ('left_pad', 'right_pad')
    wide, narrow = (gap(bodies, at_gripper(cell, end), *pads) for end in ('open', 'closed'))
    assert wide - narrow == pytest.approx(joint.opening_m, abs=0.01)
    # Pads stay parallel: that is what the linkage is for.
    poses = dict(zip(bodies.names, bodies.poses(at_gripper(cell, 'closed')), strict=True))
    turn = poses['left_pad'][:3, :3].T @ poses['right_pad'][:3, :3]
    assert np.abs(turn).round(1) == pytest.approx(np.eye(3), abs=0.15)


def test_a_finger_that_another_one_moves_moves():
    cell, bodies = bodies_of('aloha_table')
    arm = 'left_vx300s_left'
    fingers = (f'{arm}/left_finger_link', f'{arm}/right_finger_link')
    wide, narrow = (gap(bodies, at_gripper(cell, end), *fingers) for end in ('open', 'closed'))
    [joint] = [cell.joints[i] for i in cell.grippers if cell.joints[i].name.startswith('left')]
    assert wide - narrow == pytest.approx(2 * abs(joint.open - joint.closed), abs=1e-3)


def test_shapes_for_the_eye_are_taken_where_there_are_some():
    cell, bodies = bodies_of('panda_table')
    shapes = list(bodies.shapes())
    assert {shape.kind for _, shape in shapes} == {'mesh'}
    for body, shape in shapes:
        assert body in bodies.names
        assert shape.faces.max() < len(shape.vertices)
        assert np.linalg.norm(shape.normals(), axis=1).max() == pytest.approx(1.0)
    # An arm of 0.33 m to its shoulder: its second link is where its mesh is.
    turned = dict(zip(bodies.names, bodies.poses(cell.home), strict=True))
    points = [
        (turned[body] @ shape.T_body_shape @ [*shape.vertices.mean(axis=0), 1.0])[:3]
        for body, shape in shapes
        if body == 'link1'
    ]
    assert np.mean(points, axis=0)[2] == pytest.approx(0.27, abs=0.06)
