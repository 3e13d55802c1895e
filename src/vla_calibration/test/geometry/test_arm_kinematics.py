"""Pinocchio's tool against MuJoCo's."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest
from vla_calibration.geometry.arm_kinematics import ArmKinematics
from vla_calibration.geometry.pose import FrameError, Pose
from vla_contract.deployment.cell import Cell, load_cell, PlacedRobot
from vla_contract.errors import ContractError, UnknownNameError
from vla_contract.share import package_file
from vla_contract.transforms import invert, make_transform

CELL = load_cell('panda_table')
FILE = package_file(CELL.robot.model.package, CELL.robot.model.mjcf)


@pytest.fixture(scope='module')
def mujoco_model() -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_path(str(FILE))


def with_robot(**parts) -> Cell:
    """Return the cell with parts of its robot replaced."""
    return replace(CELL, robots=(PlacedRobot(replace(CELL.robot, **parts)),))


def place(thing) -> np.ndarray:
    return make_transform(thing.xpos, thing.xmat.reshape(3, 3))


@pytest.mark.parametrize('frame', ['', 'link7', 'attachment', 'base'])
def test_frames_are_where_mujoco_has_them(mujoco_model, frame):
    kinematics = ArmKinematics(CELL, frame)
    data = mujoco.MjData(mujoco_model)
    rng = np.random.default_rng(0)
    for _ in range(20):
        position = np.array([rng.uniform(j.lower, j.upper) for j in CELL.joints])
        for i in CELL.arm:
            name = CELL.joints[i].model_joint
            data.qpos[mujoco_model.joint(name).qposadr[0]] = position[i]
        mujoco.mj_kinematics(mujoco_model, data)
        carried = data.body(frame) if frame else data.site(CELL.robot.tool.site)
        expected = invert(place(data.body(CELL.robot.model.base_body))) @ place(carried)
        pose = kinematics.pose(position)
        assert (pose.parent, pose.child) == ('panda_link0', frame or 'panda_hand_tcp')
        assert pytest.approx(expected, abs=1e-9) == pose.T


def test_a_pose_is_not_changed_by_the_next_one():
    kinematics = ArmKinematics(CELL)
    first = kinematics.pose(CELL.home)
    before = first.T.copy()
    kinematics.pose(CELL.home + 0.1)
    assert np.array_equal(first.T, before)


@pytest.mark.parametrize('frame', ['', 'link7'])
def test_poses_that_can_be_reached_are_reached(frame):
    kinematics = ArmKinematics(CELL, frame)
    rng = np.random.default_rng(1)
    for _ in range(10):
        there = CELL.home
        there[:7] += rng.uniform(-0.4, 0.4, 7)
        target = kinematics.pose(there)
        found = kinematics.reach(target, CELL.home)
        assert pytest.approx(target.T, abs=2e-4) == kinematics.pose(found).T
        assert all(j.lower <= q <= j.upper for j, q in zip(CELL.joints, found, strict=True))


def test_a_pose_out_of_reach_or_in_other_frames_is_told():
    kinematics = ArmKinematics(CELL)
    far = Pose('panda_link0', 'panda_hand_tcp', make_transform(np.array([2.0, 0, 0]), np.eye(3)))
    assert kinematics.reach(far, CELL.home) is None
    with pytest.raises(FrameError, match='it is the inverse'):
        kinematics.reach(far.inverse(), CELL.home)


def test_unknown_names_list_those_that_exist():
    with pytest.raises(UnknownNameError, match="body 'flange' is not in .* it has: .*link7"):
        ArmKinematics(CELL, 'flange')
    tool = replace(CELL.robot.tool, site='tcp')
    with pytest.raises(UnknownNameError, match=r"site 'tcp' .* it has: .*pinch"):
        ArmKinematics(with_robot(tools=(tool,)))


def test_a_base_that_moves_is_refused():
    model = replace(CELL.robot.model, base_body='link3')
    with pytest.raises(ContractError, match='base_body link3 moves'):
        ArmKinematics(with_robot(model=model))
