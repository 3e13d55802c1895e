from dataclasses import replace
from types import SimpleNamespace

import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import PolicyMismatchError
from vla_contract.vectors.component import Component, JOINT_VELOCITY
from vla_lerobot.checkpoints.vector_names import vector_names

DEPLOYMENT = load_deployment()
JOINTS = list(DEPLOYMENT.cell.joint_names)


def names_of(manifest=None, recorded=None):
    config = SimpleNamespace(action_feature_names=recorded)
    return vector_names(DEPLOYMENT, 'mine', config, manifest or {})


def test_names_of_the_checkpoint_are_followed():
    found = names_of({'state_names': JOINTS}, [f'{name}.pos' for name in JOINTS[::-1]])
    assert found.state == tuple(JOINTS)
    assert found.action == tuple(JOINTS[::-1])
    assert found.notes == (f'action: mapped by name from the order {", ".join(JOINTS[::-1])}',)


def test_a_group_that_lerobot_took_for_the_names_counts_as_not_recorded():
    found = names_of({'state_names': JOINTS}, ['motors'])
    assert found.action == tuple(JOINTS)
    assert found.notes == (
        'action: joint names not recorded (motors is no name of a joint), believed to be in the '
        'order of the policy file',
    )


def test_names_in_a_group_are_the_names_of_the_joints():
    found = names_of({'state_names': {'motors': JOINTS}, 'action_names': {'motors': JOINTS[::-1]}})
    assert (found.state, found.action) == (tuple(JOINTS), tuple(JOINTS[::-1]))
    assert len(found.notes) == 1


def test_names_of_others_for_the_numbers_of_a_tool_are_believed_and_said():
    tool = Component('tool_pose', tool='gripper', rotation='rpy')
    state = (tool, Component(joints=(JOINTS[7],)))
    deployment = replace(DEPLOYMENT, policy=replace(DEPLOYMENT.policy, state=state))
    manifest = {'state_names': ['x', 'y', 'z', 'roll', 'pitch', 'yaw', 'gripper']}
    found = vector_names(deployment, 'mine', SimpleNamespace(), manifest)
    assert found.state == deployment.policy.state_names
    assert 'x, y, z, roll, pitch, yaw, gripper' in found.notes[0]


def test_nothing_recorded_is_believed_and_noted():
    assert names_of().notes[1] == (
        'action: joint names not recorded, believed to be in the order of the policy file'
    )


@pytest.mark.parametrize(
    ('names', 'said'),
    [
        (JOINTS[:-1], f'missing {JOINTS[-1]}'),
        ([*JOINTS, 'elbow'], 'unknown elbow'),
        ([*JOINTS[:-1], 'elbow'], 'unknown elbow'),
        (
            [f'{name}.vel' for name in JOINTS],
            "found a velocity by its name, 'panda_joint1.vel', wh",
        ),
        ([f'{name}.torque' for name in JOINTS], "found an effort by its name, 'panda_joint1.torq"),
    ],
)
def test_joints_of_another_robot_are_refused(names, said):
    with pytest.raises(PolicyMismatchError, match=said):
        names_of({'state_names': JOINTS}, names)


def test_velocities_by_their_names_fit_where_the_policy_file_says_so():
    *arm, gripper = JOINTS
    moves = (Component(JOINT_VELOCITY, tuple(arm)), Component(joints=(gripper,)))
    deployment = replace(DEPLOYMENT, policy=replace(DEPLOYMENT.policy, action=moves))
    names = [*(f'{name}.vel' for name in reversed(arm)), f'{gripper}.pos']
    found = vector_names(deployment, 'mine', SimpleNamespace(action_feature_names=names), {})
    assert found.action == (*reversed(arm), gripper)
