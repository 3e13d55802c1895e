"""The set-ups that the motors are judged on: which controllers take which joints."""

from collections.abc import Sequence

from support.fake_robot.arm import ServoModel
from support.fake_robot.forward_command_controller import ForwardParameters
from support.fake_robot.gripper_action_controller import GripperParameters
from support.fake_robot.joint_state_broadcaster import BroadcasterParameters
from support.fake_robot.joint_trajectory_controller import TrajectoryParameters
from support.fake_robot.ros2_control import Parameters, Setup
from vla_contract.deployment.cell import load_cell

LAGS_S = (0.01, 0.02, 0.05)
NAMES = ('all_joints', 'split', 'forward', 'forward_arm', 'gripper_action', 'parallel_gripper')
ARM, GRIPPER = 'joint_trajectory_controller', 'gripper_controller'
FORWARD, STATES = 'forward_position_controller', 'joint_state_broadcaster'


def setup(
    name: str,
    lag_s: float = 0.02,
    interpolate_from_desired_state: bool = True,
    cmd_timeout: float = 0.0,
    cell: str = 'panda_table',
    update_rate_hz: float = 1000.0,
    joint_states_hz: float = 100.0,
    splits_joint_states: bool = False,
    servo: ServoModel | None = None,
) -> Setup:
    """Return one of NAMES for a robot whose last joint is its gripper.

    Args:
        name: all_joints (one trajectory controller), split (a second one for the gripper),
            forward (all joints), forward_arm (the gripper belongs to nobody), gripper_action,
            parallel_gripper (arm by trajectories, gripper by an action).
        lag_s: of every servo [s]; its dead time is a quarter of that.
        interpolate_from_desired_state: of every trajectory controller.
        cmd_timeout: likewise [s].
        cell: name or path of the cell.
        update_rate_hz: of the controller manager.
        joint_states_hz: of every broadcaster.
        splits_joint_states: arm and gripper are published by two broadcasters, the gripper without
            effort and at half the rate.
        servo: instead of lag_s.
    """
    robot = load_cell(cell).robot
    joints = robot.joint_names

    def trajectory(names: Sequence[str]) -> TrajectoryParameters:
        return TrajectoryParameters(
            tuple(names),
            interpolate_from_desired_state=interpolate_from_desired_state,
            cmd_timeout=cmd_timeout,
        )

    arm, gripper = joints[:-1], joints[-1]
    controllers: dict[str, dict[str, Parameters]] = {
        'all_joints': {ARM: trajectory(joints)},
        'split': {ARM: trajectory(arm), GRIPPER: trajectory([gripper])},
        'forward': {FORWARD: ForwardParameters(joints)},
        'forward_arm': {FORWARD: ForwardParameters(arm)},
        'gripper_action': {ARM: trajectory(arm), GRIPPER: GripperParameters(gripper)},
        'parallel_gripper': {
            ARM: trajectory(arm), GRIPPER: GripperParameters(gripper, is_parallel=True),
        },
    }  # fmt: skip
    broadcasters = {STATES: BroadcasterParameters(joints, rate_hz=joint_states_hz)}
    if splits_joint_states:
        broadcasters = {
            STATES: BroadcasterParameters(arm, rate_hz=joint_states_hz),
            'gripper_state_broadcaster': BroadcasterParameters(
                (gripper,), rate_hz=joint_states_hz / 2.0, no_effort=(gripper,)
            ),
        }
    return Setup(
        joints,
        tuple(float(joint.home) for joint in robot.joints),
        controllers[name],
        broadcasters,
        servo or ServoModel(lag_s, lag_s / 4.0),
        update_rate_hz,
    )
