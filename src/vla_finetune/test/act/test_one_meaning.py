from dataclasses import replace

import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import VlaError
from vla_contract.vectors.component import Component
from vla_finetune.act.act_training import require_one_meaning

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
