from dataclasses import fields, replace
import json

from hypothesis import given
from hypothesis import strategies as st
import pytest
from vla_contract.errors import VlaError
from vla_policy_server.identity.policy_identity import from_dict, from_json, PolicyIdentity

KNOWN = PolicyIdentity('act', 'lerobot', 'models/act', 'fp32', 'a' * 64, 'b' * 64, 'c', 'd', '1f')
UNKNOWN = replace(KNOWN, content_sha256='', unknown='it does not say')


@given(st.builds(PolicyIdentity, *[st.text(min_size=1)] * len(fields(PolicyIdentity))))
def test_what_is_written_is_read(identity):
    assert from_json(identity.to_json()) == identity


@pytest.mark.parametrize('name', ['backend', 'content_sha256', 'policy_file_sha256'])
def test_another_backend_content_or_policy_file_is_another_policy(name):
    assert replace(KNOWN, **{name: 'other'}).sha256 != KNOWN.sha256


@pytest.mark.parametrize('name', ['policy', 'source', 'precision', 'revision', 'cell_sha256'])
def test_a_policy_stays_the_same_under_another_name(name):
    assert replace(KNOWN, **{name: 'other'}).sha256 == KNOWN.sha256


def test_an_unknown_policy_has_no_hash():
    assert UNKNOWN.sha256 == ''
    assert from_json(UNKNOWN.to_json()) == UNKNOWN


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('', 'is not JSON'),
        ('{', 'is not JSON'),
        ('[]', 'found list'),
        ('{}', 'policy: found nothing'),
        (json.dumps({**KNOWN.to_dict(), 'policy': 1}), r'policy: found 1 \(int\)'),
        (json.dumps({**KNOWN.to_dict(), 'colour': 'red'}), 'colour: found an unknown name'),
        (json.dumps({**KNOWN.to_dict(), 'backend': 'hold'}), 'sha256: found .* of its values'),
        (json.dumps({**KNOWN.to_dict(), 'sha256': ''}), "sha256: found ''"),
        (json.dumps({**UNKNOWN.to_dict(), 'unknown': ''}), 'unknown: found nothing'),
    ],
)
def test_a_damaged_identity_is_one_sentence(text, reason):
    with pytest.raises(VlaError, match=reason):
        from_json(text)


def test_the_hash_of_a_record_may_be_left_out_only_for_an_unknown_policy():
    values = UNKNOWN.to_dict()
    del values['sha256']
    assert from_dict(values) == UNKNOWN
