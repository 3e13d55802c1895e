from dataclasses import replace

import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.channels import (
    Channel,
    check_channels,
    default_channels,
    simulated_channels,
)
from vla_contract.errors import ContractError, NameMismatchError

JOINTS = ('a', 'b', 'g')
ARM = Channel('arm', 'joint_trajectory', ('a', 'b'), 'arm_controller')
GRIPPER = Channel('gripper', 'gripper_command', ('g',), 'hand')


def check(*channels: Channel) -> None:
    check_channels(channels, JOINTS, ('g',), 'robot.yaml')


def test_every_joint_has_one_channel():
    check(ARM, GRIPPER)
    check()
    with pytest.raises(NameMismatchError, match='missing g'):
        check(ARM)
    with pytest.raises(NameMismatchError, match='repeated a'):
        check(ARM, GRIPPER, Channel('twice', 'none', ('a',)))


def test_the_simulator_takes_a_trajectory_for_the_action_of_a_gripper():
    arm = replace(ARM, kind='forward_position', speed_scaling='speed')
    gripper = replace(GRIPPER, action='grip', max_effort=20.0)
    first, second = simulated_channels((arm, gripper))
    assert first == replace(ARM, kind='forward_position')
    assert second == Channel('gripper', 'joint_trajectory', ('g',), 'hand')
    assert second.endpoint == 'hand/joint_trajectory'


def test_two_channels_share_neither_name_nor_controller():
    with pytest.raises(ContractError, match='the same controller twice'):
        check(ARM, Channel('hand', 'joint_trajectory', ('g',), 'arm_controller'))
    with pytest.raises(ContractError, match='the same name twice'):
        check(ARM, Channel('arm', 'joint_trajectory', ('g',), 'hand'))


def test_a_gripper_action_takes_one_gripper():
    with pytest.raises(ContractError, match='one joint in a group of kind gripper'):
        check(
            Channel('arm', 'joint_trajectory', ('a', 'g'), 'x'),
            Channel('g', 'gripper_command', ('b',), 'y'),
        )


def test_a_channel_needs_a_controller_unless_nobody_commands_it():
    with pytest.raises(ContractError, match='the name of a controller'):
        check(Channel('arm', 'joint_trajectory', ('a', 'b')), GRIPPER)
    check(ARM, Channel('gripper', 'none', ('g',)))


def test_endpoints_are_those_of_the_controllers():
    assert ARM.endpoint == 'arm_controller/joint_trajectory'
    assert GRIPPER.endpoint == 'hand/gripper_cmd'
    assert default_channels(JOINTS)[0].endpoint == 'joint_trajectory_controller/joint_trajectory'


def test_a_gripper_of_a_driver_has_an_action_of_another_name():
    franka = Channel('g', 'gripper_command', ('g',), 'franka_gripper', action='gripper_action')
    assert franka.endpoint == 'franka_gripper/gripper_action'
    check(ARM, franka)


def test_the_topic_of_the_permitted_speed_lies_in_the_namespace_of_the_controller():
    topic = 'speed_scaling_state_broadcaster/speed_scaling'
    here = replace(ARM, speed_scaling=topic)
    check(here, GRIPPER)
    assert ARM.speed_scaling_topic == ''
    assert here.speed_scaling_topic == topic
    assert replace(here, controller='left/arm').speed_scaling_topic == f'left/{topic}'


@pytest.mark.parametrize(
    ('wrong', 'match'),
    [
        (replace(ARM, action='gripper_action'), 'allowed with kind gripper_command or parallel'),
        (replace(GRIPPER, speed_scaling='speed'), 'allowed with kind joint_trajectory or forward'),
    ],
)
def test_a_setting_that_nobody_would_look_at_is_refused(wrong, match):
    with pytest.raises(ContractError, match=match):
        check(*(wrong if channel.name == wrong.name else channel for channel in (ARM, GRIPPER)))


def test_a_robots_file_says_its_channels(edited):
    names = load_cell('panda_table').joint_names
    arm, gripper = ', '.join(names[:-1]), names[-1]
    channels = (
        'channels:\n'
        f'  - {{name: arm, kind: joint_trajectory, controller: arm_controller, joints: [{arm}]}}\n'
        f'  - {{name: gripper, kind: gripper_command, controller: hand, joints: [{gripper}]}}\n'
        'joint_states: [joint_states, hand/joint_states]\n'
    )
    cell = load_cell(edited('groups:\n', f'{channels}groups:\n'))
    assert [channel.kind for channel in cell.channels] == [
        'joint_trajectory',
        'gripper_command',
    ]
    assert cell.robot.joint_states == ('joint_states', 'hand/joint_states')
