from dataclasses import replace

import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import VlaError
from vla_contract.vectors.component import Component, NumberMap
from vla_finetune.act.act_training import closing_numbers, require_one_meaning

PLAIN = load_deployment()
NAMES = PLAIN.policy.state_names


def test_blank_frames_need_a_state_that_is_an_action_too():
    require_one_meaning(PLAIN)
    degrees = (Component(joints=NAMES, unit='deg'),)
    both = replace(PLAIN, policy=replace(PLAIN.policy, state=degrees, action=degrees))
    require_one_meaning(both)
    for action in (Component(joints=NAMES), Component('joint_delta', NAMES, unit='deg')):
        other = replace(PLAIN, policy=replace(PLAIN.policy, state=degrees, action=(action,)))
        with pytest.raises(VlaError, match='panda_joint1 in deg and panda_joint1 in .*; allowed'):
            require_one_meaning(other)


def test_a_state_of_another_width_is_refused_in_one_sentence():
    tool = (Component('tool_pose', tool='gripper', rotation='rotvec'), Component(joints=NAMES))
    other = replace(PLAIN, policy=replace(PLAIN.policy, state=tool))
    with pytest.raises(VlaError, match='--blank-share: found .*; allowed: the same for both'):
        require_one_meaning(other)


@pytest.mark.parametrize(
    ('numbers', 'closes_upwards'),
    [(NumberMap(closed=0.0, open=100.0), False), (NumberMap(closed=1.0, open=-1.0), True)],
)
def test_which_number_closes_a_gripper_is_the_policy_files_word(numbers, closes_upwards):
    own = (Component(joints=NAMES[:7]), Component(joints=NAMES[7:], map=numbers))
    deployment = replace(PLAIN, policy=replace(PLAIN.policy, state=own, action=own))
    assert closing_numbers(PLAIN) == {7: True}
    assert closing_numbers(deployment) == {7: closes_upwards}
