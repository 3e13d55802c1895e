"""What config/controllers says of every driver holds, and the filter drives its double by it."""

from dataclasses import replace

import numpy as np
import pytest
from support.fake_robot.gripper_action_controller import GoalStatus, GripperActionController
from support.fake_robot.vendors.drivers import channels, FOLDER, GRIPPERS, head, shipped, VENDORS
from support.fake_robot.vendors.grippers import (
    FrankaGripper,
    FrankaParameters,
    XarmGripper,
    XarmParameters,
)
from support.fake_robot.vendors.trial import vendor_cell, VendorTrial
from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.channels import JOINT_TRAJECTORY
from vla_contract.schema import load_yaml
from vla_rollout.preflight.controller_items import check_controller

FILES = sorted(path.stem for path in FOLDER.glob('*.yaml'))


def test_every_file_is_driven_here():
    assert {stem for vendor in VENDORS.values() for stem in vendor.files} == set(FILES)


@pytest.mark.parametrize('stem', FILES)
def test_a_file_holds_parameters_of_nodes_in_any_namespace(stem):
    """A robot in a namespace would not find the parameters of a node without one."""
    values = load_yaml(FOLDER / f'{stem}.yaml')
    assert list(values) == ['/**']
    assert all(list(node) == ['ros__parameters'] for node in values['/**'].values())
    assert head(stem)['joint_states']


@pytest.mark.parametrize('name', VENDORS)
def test_the_channels_of_a_file_are_those_of_its_controllers(name, tmp_path):
    vendor = VENDORS[name]
    cell = vendor_cell(name, tmp_path)
    assert [channel.name for channel in cell.channels] == [c.name for c in channels(vendor)]
    for channel in cell.channels:
        found = {}
        for stem in vendor.files:
            found = found or shipped(stem, channel.controller)
        if channel.kind == JOINT_TRAJECTORY:
            checks = list(check_controller(channel, found))
            assert len(checks) == 4
            assert not [check for check in checks if check.status.value != 'ok']
        if 'joint' in found:
            assert found['joint'] == channel.joints[0]


def test_the_forward_controller_has_the_joints_in_the_cells_order():
    joints = shipped('interbotix_xsarm', 'forward_position_controller')['joints']
    assert joints == list(load_cell('vx300s_table').joint_names)


@pytest.mark.parametrize('name', VENDORS)
def test_the_filter_drives_a_driver_without_a_refused_command(name, tmp_path):
    trial = VendorTrial(name, tmp_path)
    trial.run(0.5)
    trial.sway()
    trial.run(5.0)
    robot = trial.robot
    for controller in robot.controllers.values():
        assert (controller.is_active, list(controller.errors)) == (True, [])
        assert list(controller.warnings) == []
        assert controller.accepted > 0
    assert robot.errors == []
    moved = np.ptp(robot.log.positions, axis=0)
    for joint, way in zip(robot.setup.joints, moved, strict=True):
        lower, upper, _ = GRIPPERS.get(joint, (0.0, 0.2, ''))
        assert way > 0.9 * (upper - lower), joint


def writes_at(trial: VendorTrial, scaling: float) -> np.ndarray:
    """Return how fast joint 1 was written while the slider of a UR stood there [rad/s]."""
    trial.run(0.5)
    trial.sway()
    trial.run(1.0)
    controller = trial.robot.controllers['vla_arm_controller']
    controller.speed_scaling = scaling
    trial.robot.log.clear()
    trial.run(1.0)
    return np.abs(np.diff(trial.robot.log.commands[:, 0])) * 500.0


def test_the_scaled_controller_of_ur_jumps_with_every_message_of_a_stream(tmp_path):
    """Each message begins by the clock and goes on by the slider: why it is not used."""
    plain, scaled = VendorTrial('ur', tmp_path), VendorTrial('ur', tmp_path)
    controller = scaled.robot.controllers['vla_arm_controller']
    controller.parameters = replace(controller.parameters, uses_speed_scaling=True)
    steady, jumping = writes_at(plain, 0.5), writes_at(scaled, 0.5)
    # Four of five writes go half their way, and the fifth goes the rest: 1 + 4 / 2 of its own.
    assert jumping.max() == pytest.approx(3.0 * steady.max(), rel=0.05)
    # On the whole the arm is told to go as fast as without the slider.
    assert jumping.sum() == pytest.approx(steady.sum(), rel=0.05)


@pytest.mark.parametrize('share', [0.5, 0.1])
def test_the_filter_plays_its_plan_at_the_pace_of_the_slider(share, tmp_path):
    trial = VendorTrial('ur', tmp_path)
    trial.run(0.5)
    trial.turn(0.5)
    trial.run(1.5)
    for permitted in (1.0, share):
        trial.loop.filter.set_permitted_speed(permitted)
        trial.run(1.0)
        trial.robot.log.clear()
        trial.run(1.0)
        written = np.diff(trial.robot.log.commands[:, 0]) * 500.0
        # The arm is behind by its lag at each observation: so the plan goes back a little.
        assert written.mean() == pytest.approx(0.46 * permitted, rel=0.05)
        assert written.max() < 0.7 * permitted
    assert trial.robot.refused('vla_arm_controller') == 0


def gripper_of(kind: type[GripperActionController], parameters, measured: float):
    gripper = kind(parameters)
    gripper.activate(measured)
    return gripper


def test_franka_gripper_takes_the_position_of_one_finger():
    gripper = gripper_of(FrankaGripper, FrankaParameters('finger'), 0.039)
    goal = gripper.on_goal(0.0, 0, 20.0)
    positions = [gripper.update(k * 10_000_000, 0.039, 0.0) for k in range(11)]
    # 0.1 m/s of the width is 0.05 m/s of a finger.
    assert positions[-1] == pytest.approx(0.039 - 0.05 * 0.1)
    assert goal.status is GoalStatus.EXECUTING
    # The whole width in its place, 0.078, is out of range: fingers stay where they are.
    assert gripper.on_goal(0.078, 0, 20.0).status is GoalStatus.ABORTED
    assert gripper.errors == [
        'GripperServer: Commanding out of range width! max_width = 0.079500 command = 0.156000'
    ]


def test_franka_gripper_grasps_with_no_force_unless_one_is_given():
    gripper = gripper_of(FrankaGripper, FrankaParameters('finger'), 0.039)
    gripper.on_goal(0.0, 0)
    assert gripper.warnings == ['grasp() with a force of 0 N']


def test_the_upper_limit_of_the_urdf_may_be_more_than_homing_found():
    gripper = gripper_of(FrankaGripper, FrankaParameters('finger'), 0.0)
    assert gripper.on_goal(0.04, 0, 20.0).status is GoalStatus.ABORTED
    assert gripper.on_goal(0.039, 0, 20.0).status is GoalStatus.EXECUTING


def test_the_gripper_of_an_xarm_opens_again_beyond_its_range():
    gripper = gripper_of(XarmGripper, XarmParameters('drive_joint'), 0.0)
    for position, joint in ((0.0, 0.0), (0.85, 0.85), (0.3, 0.3)):
        gripper.on_goal(position, 0)
        assert gripper.update(0, 0.0, 0.0) == pytest.approx(joint)
    gripper.on_goal(0.95, 0)
    assert gripper.update(0, 0.0, 0.0) == pytest.approx(0.75)
