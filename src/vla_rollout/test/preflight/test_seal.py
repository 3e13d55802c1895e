import json
import stat

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest
from vla_contract.errors import VlaError
from vla_rollout.preflight.seal import key_path, sealed, unsealed
import yaml

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec='ascii', categories=('L', 'N'))),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('abc'), inner),
    max_leaves=10,
)  # fmt: skip


@settings(deadline=None)
@given(st.dictionaries(st.text('xyz'), PLAIN, max_size=5))
def test_what_was_sealed_comes_back_through_json_and_yaml(values):
    for text in (json.dumps(sealed(values)), yaml.safe_dump(sealed(values))):
        assert (
            unsealed(yaml.safe_load(text) if text[0] != '{' else json.loads(text), 'f') == values
        )


def test_an_edited_value_a_removed_digest_and_nonsense_are_refused():
    good = sealed({'passed': False, 'items': [1, 2]})
    without = {name: value for name, value in good.items() if name != 'digest'}
    for bad in (
        {**good, 'passed': True},
        {**good, 'more': 1},
        {**good, 'items': [2, 1]},
        {**good, 'digest': 'a' * 64},
        {**good, 'digest': 'ü'},
        {**good, 'digest': None},
        {**good, 1: object()},
        without,
    ):
        with pytest.raises(VlaError, match='edited, or written on another machine'):
            unsealed(bad, 'file.json')
    with pytest.raises(VlaError, match='names and values'):
        unsealed([good], 'file.json')


def test_another_machine_has_another_key(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path / 'here'))
    values = sealed({'passed': True})
    key = key_path()
    assert key == tmp_path / 'here' / 'vla_deploy' / 'key'
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_bytes()) == 32
    assert [path.name for path in key.parent.iterdir()] == ['key']
    assert unsealed(values, 'file.json') == {'passed': True}
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path / 'there'))
    with pytest.raises(VlaError, match='another machine'):
        unsealed(values, 'file.json')


def test_a_key_that_others_may_read_or_that_is_cut_off_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path))
    sealed({})
    key_path().chmod(0o644)
    with pytest.raises(VlaError, match='chmod 600'):
        sealed({})
    key_path().chmod(0o600)
    key_path().write_bytes(b'short')
    with pytest.raises(VlaError, match='has 5 bytes; allowed: 32'):
        sealed({})


def test_without_a_place_for_the_key_one_sentence_says_so(tmp_path, monkeypatch):
    (tmp_path / 'vla_deploy').write_text('in the way')
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path))
    with pytest.raises(VlaError, match='cannot be read or made'):
        sealed({})


def test_a_relative_state_home_is_ignored(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    for value in ('', 'relative'):
        monkeypatch.setenv('XDG_STATE_HOME', value)
        assert key_path() == tmp_path / '.local' / 'state' / 'vla_deploy' / 'key'
