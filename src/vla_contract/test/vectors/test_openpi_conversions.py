"""Signs and maps against the conversions of openpi's aloha_policy.py, by its formulas."""

import numpy as np
from vla_contract.vectors.vector_codec import VectorCodec

# _joint_flip_mask of one arm, without the gripper.
FLIPS = [1, -1, -1, 1, 1, 1]
# _gripper_from_angular: _normalize(value + 0.5476, PUPPET_GRIPPER_JOINT_CLOSE, ..._OPEN).
OFFSET, CLOSE, OPEN = 0.5476, -0.6213, 1.4910
ADAPTED = f"""
action:
  - {{joints: [waist, shoulder, elbow, forearm_roll, wrist_angle, wrist_rotate], sign: {FLIPS}}}
  - {{joints: [left_finger], map: {{closed: {CLOSE - OFFSET!r}, open: {OPEN - OFFSET!r}}}}}
"""


def test_actions_of_pi_become_what_openpi_sends_to_aloha(written):
    numbers = np.random.default_rng(0).uniform(-1, 1, (1000, 7))
    theirs = numbers * [*FLIPS, 1]
    theirs[:, 6] = (numbers[:, 6] + OFFSET - CLOSE) / (OPEN - CLOSE)
    adapted, aloha = VectorCodec(written(ADAPTED)), VectorCodec(written('preset: aloha'))
    positions = adapted.decode(numbers, np.zeros(7))
    assert np.abs(aloha.encode_actions(positions, np.zeros(7)) - theirs).max() <= 1e-12
    # _encode_actions_inv, with which openpi trains.
    back = theirs * [*FLIPS, 1]
    back[:, 6] = theirs[:, 6] * (OPEN - CLOSE) + CLOSE - OFFSET
    assert np.abs(adapted.encode_actions(positions, np.zeros(7)) - back).max() <= 1e-12


def test_the_finger_of_aloha_is_normalised_as_its_constants_do(written):
    # PUPPET_GRIPPER_POSITION_CLOSE and _OPEN of the ALOHA code [m].
    closed, opened = 0.01844, 0.05800
    says = f'state:\n  - {{joints: [left_finger], map: {{closed: 0, open: 1, range: [{closed}, '
    says += f'{opened}]}}}}\n  - {{joints: [waist, shoulder, elbow, forearm_roll, wrist_angle, '
    says += 'wrist_rotate]}'
    fingers = np.random.default_rng(1).uniform(closed, opened, 1000)
    joints = np.zeros((1000, 7))
    joints[:, 6] = fingers
    found = VectorCodec(written(says)).encode(joints)[:, 0]
    assert np.abs(found - (fingers - closed) / (opened - closed)).max() <= 1e-12
