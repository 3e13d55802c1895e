from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
import pytest
from vla_contract.errors import SettingError
from vla_policy_server.config import PolicyServerConfig
from vla_policy_server.serving.chunk_length import known_length, require_steps


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_steps_beyond_the_chunk_are_refused_and_no_others(steps, length):
    if steps <= max(length, PolicyServerConfig().execute_steps):
        require_steps('p', steps, length)
        return
    with pytest.raises(SettingError, match=f'allowed: 1 to {max(length, 4)}$'):
        require_steps('p', steps, length)


def test_the_message_says_what_was_found_and_what_is_allowed():
    with pytest.raises(SettingError) as caught:
        require_steps('my_act', 20, 16)
    assert str(caught.value) == (
        'policy my_act: execute_steps: found 20, and a chunk of this policy has 16; '
        'allowed: 1 to 16'
    )


@pytest.mark.parametrize(
    ('policy', 'length'),
    [
        (SimpleNamespace(), None),
        (SimpleNamespace(checkpoint=None), None),
        (SimpleNamespace(checkpoint=SimpleNamespace(network=SimpleNamespace())), None),
        (
            SimpleNamespace(
                checkpoint=SimpleNamespace(
                    network=SimpleNamespace(config=SimpleNamespace(chunk_size=100))
                )
            ),
            100,
        ),
    ],
    ids=['module:factory', 'no checkpoint', 'another network', 'chunk_size'],
)
def test_a_length_is_known_where_the_checkpoint_says_it(policy, length):
    assert known_length(policy) == length
