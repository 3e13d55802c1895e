from typing import Any

import pytest
from vla_contract.errors import PolicyError
from vla_policy_server.wire.gr00t.modalities import read_modalities

URL = 'tcp://gpu:5555'


def said(**changes: Any) -> dict[str, Any]:
    good = {
        'video': {'modality_keys': ['front', 'wrist'], 'delta_indices': [-15, 0]},
        'state': {'modality_keys': ['arm'], 'delta_indices': [0]},
        'action': {'modality_keys': ['arm'], 'delta_indices': [0, 1, 2]},
        'language': {'modality_keys': ['task'], 'delta_indices': [0]},
    }
    return {**good, **changes}


def test_what_a_server_wants_is_read():
    found = read_modalities(said(), URL)
    assert found.video.keys == ('front', 'wrist')
    assert found.action.steps == (0, 1, 2)
    assert found.earlier_steps == 15
    assert not found.is_flat


def test_keys_with_their_modality_are_those_of_a_flat_server():
    video = {'modality_keys': ['video.front'], 'delta_indices': [0]}
    found = read_modalities(said(video=video), URL)
    assert found.is_flat
    assert found.video.keys == ('front',)


@pytest.mark.parametrize(
    ('answer', 'reason'),
    [
        ({}, 'does not say its modalities; found {}'),
        (None, 'does not say its modalities; found None'),
        (said(video=3), 'video: modality_keys: found None; allowed: names'),
        (said(state={'modality_keys': [1], 'delta_indices': [0]}), r'state: .*found \[1\]'),
        (said(state={'modality_keys': ['a'], 'delta_indices': []}), r'delta_indices: found \[\]'),
        (said(state={'modality_keys': ['a'], 'delta_indices': [True]}), r'found \[True\]'),
        (said(state={'modality_keys': ['a'], 'delta_indices': [1]}), 'allowed: -64 to 0'),
        (said(state={'modality_keys': ['a'], 'delta_indices': [-65]}), 'allowed: -64 to 0'),
        (said(action={'modality_keys': ['a'], 'delta_indices': [1, 2]}), 'allowed: 0, 1, 2, ...'),
        (said(action={'modality_keys': ['a'], 'delta_indices': [0] * 1001}), 'allowed: numbers'),
    ],
)
def test_what_makes_no_sense_is_one_sentence(answer, reason):
    with pytest.raises(PolicyError, match=reason):
        read_modalities(answer, URL)
