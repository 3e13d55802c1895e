from dataclasses import dataclass
from pathlib import Path

import pytest
from vla_contract.errors import ResourceNotFoundError, SettingError, VlaError
from vla_contract.schema import build, load_yaml, setting


@dataclass(frozen=True)
class Inner:
    gain: float = setting(doc='gain', unit='Nm', lower=0.0, upper=2.0)


@dataclass(frozen=True)
class Outer:
    name: str = setting(doc='name', choices=('a', 'b'))
    inner: Inner = setting(doc='inner')
    pair: tuple[float, float] = setting((0.0, 1.0), doc='pair')
    many: tuple[Inner, ...] = setting((), doc='many')
    count: int = setting(1, doc='count', lower=1)


GOOD = {'name': 'a', 'inner': {'gain': 1}}


def test_values_are_built_with_defaults_and_nested_types():
    outer = build(Outer, {**GOOD, 'many': [{'gain': 0.5}]}, 'f')
    assert outer.inner.gain == 1.0
    assert outer.many == (Inner(0.5),)
    assert outer.count == 1


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'nmae': 'a'}, 'f: nmae: found an unknown name (did you mean name?); allowed: name,'),
        ({'name': 'c'}, "f: name: found 'c' (str); allowed: a or b"),
        ({'inner': {'gain': 3.0}}, 'f: inner.gain: found 3.0 (float); allowed: float in [0, 2]'),
        ({'inner': {'gain': float('nan')}}, 'f: inner.gain: found nan'),
        ({'inner': {}}, 'f: inner.gain: found nothing'),
        ({'inner': 5}, 'f: inner: found 5 (int); allowed: a mapping'),
        ({'pair': [1.0]}, 'f: pair: found [1.0] (list)'),
        ({'pair': [1.0, 'x']}, "f: pair[1]: found 'x' (str)"),
        ({'count': 0}, 'f: count: found 0 (int); allowed: int in [1, inf]'),
        ({'count': True}, 'f: count: found True (bool)'),
        ({'count': 1.5}, 'f: count: found 1.5 (float)'),
    ],
)
def test_each_wrong_value_is_one_sentence(change, message):
    with pytest.raises(SettingError) as caught:
        build(Outer, {**GOOD, **change}, 'f')
    assert str(caught.value).startswith(message)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ResourceNotFoundError, match='nothing.yaml'):
        load_yaml(tmp_path / 'nothing.yaml')


@pytest.mark.parametrize(
    ('text', 'message'),
    [('a: [1, 2\nb: 3\n', 'not valid YAML at line'), ('- 1\n', 'must be a mapping'), ('', 'mapp')],
)
def test_corrupt_yaml_is_one_sentence(tmp_path: Path, text: str, message: str):
    path = tmp_path / 'x.yaml'
    path.write_text(text)
    with pytest.raises(VlaError, match=message):
        load_yaml(path)


def test_binary_content_is_one_sentence(tmp_path: Path):
    path = tmp_path / 'x.yaml'
    path.write_bytes(b'\xff\xfe\x00\x01')
    with pytest.raises(VlaError, match='not valid YAML'):
        load_yaml(path)
