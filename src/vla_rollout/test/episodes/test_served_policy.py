from dataclasses import replace

from permitted import identity, unknown
import pytest
from vla_contract.errors import VlaError
from vla_rollout.episodes.served_policy import change_of, OtherPolicyError, ServedPolicy

OWN = identity()


def begun(policy=OWN):
    served = ServedPolicy()
    served.hear(policy.to_json())
    assert served.begin() == policy
    return served


def test_before_a_run_begins_whatever_is_served_may_change():
    served = ServedPolicy()
    assert not served.is_known
    served.hear(unknown().to_json())
    served.hear(OWN.to_json())
    served.check()
    assert served.is_known
    assert served.begin() == OWN


def test_a_server_without_a_policy_begins_nothing():
    served = ServedPolicy()
    served.hear('')
    assert not served.is_known
    with pytest.raises(VlaError, match='no policy loaded'):
        served.begin()


def test_a_server_may_go_and_come_back_with_the_same():
    served = begun()
    for text in ('', OWN.to_json(), replace(OWN, source='/moved').to_json()):
        served.hear(text)
        served.check()


@pytest.mark.parametrize(
    'other',
    [
        identity(content_sha256='e' * 64),
        identity(backend='hold'),
        identity(cell_sha256='e' * 64),
        unknown(),
    ],
)
def test_another_policy_ends_the_run_for_good(other):
    served = begun()
    served.hear('')
    served.hear(other.to_json())
    served.hear(OWN.to_json())
    with pytest.raises(OtherPolicyError, match='another policy than when the run began'):
        served.check()


def test_of_unknown_policies_any_change_counts():
    served = begun(unknown())
    served.hear(unknown().to_json())
    served.check()
    served.hear(unknown(source='ws://other').to_json())
    with pytest.raises(OtherPolicyError, match='ws://other'):
        served.check()


def test_a_damaged_message_begins_nothing():
    served = ServedPolicy()
    served.hear('{')
    assert served.is_known
    with pytest.raises(VlaError, match='not JSON'):
        served.begin()


def test_after_a_release_silence_is_a_change_too():
    assert change_of(OWN, OWN.to_json()) == ''
    assert change_of(OWN, '') == 'policy_server serves nothing any more'
    assert 'not JSON' in change_of(OWN, 'x')
    said = change_of(OWN, identity(policy='swapped', backend='replay').to_json())
    assert said.startswith('policy_server serves another policy: swapped from models/reach')
    assert 'not reach from models/reach (backend lerobot' in said
