from lerobot_robot_vla_deploy.joint_numbers import JointNumbers
import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import NameMismatchError, PolicyError

PANDA = load_deployment('panda_lift_cube')
SO101 = load_deployment(
    'so101_lift_cube',
    overrides={'policy.preset': 'so101_degrees', 'policy.state': [{}], 'policy.action': [{}]},
)


def test_every_name_ends_as_lerobot_rollout_wants_it():
    numbers = JointNumbers(PANDA)
    assert numbers.state_names == tuple(f'{n}.pos' for n in PANDA.policy.state_names)
    assert numbers.action_names == tuple(f'{n}.pos' for n in PANDA.policy.action_names)


def test_a_preset_gives_lerobots_names_and_units():
    joints = SO101.cell.home
    joints[0], joints[-1] = np.pi / 6, SO101.cell.joints[-1].lower
    state = JointNumbers(SO101).state(joints)
    assert state['shoulder_pan.pos'] == pytest.approx(30.0)
    assert state['gripper.pos'] == pytest.approx(0.0)  # percent, closed


@pytest.mark.parametrize('deployment', [PANDA, SO101], ids=lambda d: d.name)
def test_an_action_comes_back_as_it_was(deployment):
    numbers = JointNumbers(deployment)
    joints = deployment.cell.home
    action = numbers.action(joints + 0.01, joints)
    assert numbers.target(action, joints) == pytest.approx(joints + 0.01)


def test_names_without_the_ending_mean_the_same():
    numbers = JointNumbers(PANDA)
    home = PANDA.cell.home
    bare = {name.removesuffix('.pos'): n for name, n in numbers.action(home, home).items()}
    assert numbers.target(bare, home) == pytest.approx(home)


def test_moves_count_from_where_the_joints_are_measured():
    moves = load_deployment(
        'fr3_lift_cube',
        overrides={'policy.action': [{'quantity': 'joint_delta'}], 'policy.state': [{}]},
    )
    numbers = JointNumbers(moves)
    joints = moves.cell.home
    action = dict.fromkeys(numbers.action_names, 0.0) | {numbers.action_names[0]: 0.1}
    target = numbers.target(action, joints)
    assert target - joints == pytest.approx([0.1] + [0.0] * (len(joints) - 1))
    assert numbers.action(target, joints) == pytest.approx(action)


@pytest.mark.parametrize(
    ('change', 'error', 'said'),
    [
        ({'panda_joint1.pos': float('nan')}, PolicyError, 'found nan for panda_joint1'),
        ({'panda_joint1.pos': float('inf')}, PolicyError, 'found inf for panda_joint1'),
        ({'shoulder_pan.pos': 0.0}, NameMismatchError, 'unknown shoulder_pan.pos'),
    ],
)
def test_what_is_no_action_of_this_robot_is_refused(change, error, said):
    numbers = JointNumbers(PANDA)
    home = PANDA.cell.home
    with pytest.raises(error, match=said):
        numbers.target(numbers.action(home, home) | change, home)


def test_a_missing_joint_is_named():
    numbers = JointNumbers(PANDA)
    home = PANDA.cell.home
    action = numbers.action(home, home)
    del action['panda_joint3.pos']
    with pytest.raises(NameMismatchError, match=r'action: missing panda_joint3\.pos'):
        numbers.target(action, home)
