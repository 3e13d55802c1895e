import mujoco
import pytest
from vla_contract.errors import ContractError, UnknownNameError
from vla_sim_bridge.drafting.hands.arms import find_arms
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree, names


def chain(*joints: str, inner: str = '') -> str:
    """Return bodies in each other, each with a hinge."""
    if not joints:
        return inner
    return (
        f'<body pos="0 0 0.1"><joint name="{joints[0]}" axis="0 1 0" range="-1 1"/>'
        f'<geom size="0.02"/>{chain(*joints[1:], inner=inner)}</body>'
    )


def tree_of(bodies: str, rest: str = '') -> JointTree:
    xml = f'<mujoco><compiler autolimits="true"/><worldbody>{bodies}</worldbody>{rest}</mujoco>'
    return JointTree(mujoco.MjModel.from_xml_string(xml))


def test_an_arm_ends_where_its_fingers_begin(tree):
    (arm,) = find_arms(tree)
    assert names(tree, arm.joints) == (
        'pan', 'lift', 'elbow', 'forearm_roll', 'wrist_pitch', 'wrist_roll'
    )  # fmt: skip
    assert tree.name(arm.gripper.leader) == 'left_finger'
    assert arm.name == ''
    # The other finger has a mimic tag.
    assert arm.gripper.copies == ()


def test_a_wrist_whose_name_says_gripper_is_no_finger():
    (arm,) = find_arms(tree := tree_of(chain('j1', 'j2', 'j3', 'gripper_roll', 'jaw')))
    assert names(tree, arm.joints) == ('j1', 'j2', 'j3', 'gripper_roll')
    assert tree.name(arm.gripper.leader) == 'jaw'


def test_two_arms_are_called_by_their_sides_and_a_neck_is_none():
    sides = [
        chain(*(f'{side}_j{k}' for k in range(6)), f'{side}_finger') for side in ('left', 'right')
    ]
    tree = tree_of(f'{sides[0]}{sides[1]}{chain("head_pan", "head_tilt")}')
    arms = {arm.name: arm for arm in find_arms(tree)}
    assert set(arms) == {'left', 'right'}
    assert tree.name(arms['right'].gripper.leader) == 'right_finger'


def test_joints_below_both_arms_belong_to_neither():
    arms = ''.join(chain(*(f'{side}{k}' for k in range(4))) for side in ('l_', 'r_'))
    tree = tree_of(chain('lift', inner=arms))
    found = find_arms(tree)
    assert [len(arm.joints) for arm in found] == [5, 5]
    assert all(tree.index('lift') not in arm.own for arm in found)


def test_a_tendon_that_pulls_fingers_is_their_actuator():
    fingers = chain('driver') + chain('driver_2')
    tendon = (
        '<tendon><fixed name="t"><joint joint="driver_2" coef="1"/>'
        '<joint joint="driver" coef="1"/>'
        '</fixed></tendon><actuator><motor name="m" tendon="t"/></actuator>'
    )
    tree = tree_of(chain('j1', 'j2', 'j3', 'j4', inner=fingers), tendon)
    (arm,) = find_arms(tree)
    assert tree.name(arm.gripper.leader) == 'driver_2'
    assert tree.model.actuator(arm.gripper.actuator).name == 'm'
    assert arm.gripper.copies == ()


def test_joints_that_are_named_as_grippers_are_taken_whatever_their_names(tree):
    (arm,) = find_arms(tree, ['wrist_roll'])
    assert tree.name(arm.gripper.leader) == 'wrist_roll'
    with pytest.raises(UnknownNameError, match="'thumb' is not in the description.*it has: "):
        find_arms(tree, ['thumb'])


def test_a_description_without_a_chain_is_refused():
    with pytest.raises(ContractError, match='has no arm: found joints wheel; allowed: '):
        find_arms(tree_of(chain('wheel')))
