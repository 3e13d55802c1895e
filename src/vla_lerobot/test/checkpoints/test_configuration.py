import json
from pathlib import Path

import pytest
from vla_contract.errors import PolicyError
from vla_contract.share import find_model
from vla_lerobot.checkpoints.configuration import policy_type, read_configuration, whole_text
from vla_lerobot.lerobot_import import skip_unneeded_extras


@pytest.fixture(autouse=True, scope='module')
def imported() -> None:
    skip_unneeded_extras('act')
    import lerobot.policies.act.configuration_act  # noqa: F401


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return a folder with the configuration of the shipped policy."""
    shipped = find_model('panda_lift_act')
    assert shipped is not None
    (tmp_path / 'config.json').write_text((shipped / 'config.json').read_text())
    return tmp_path


def change(folder: Path, **changes) -> None:
    path = folder / 'config.json'
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_the_shipped_configuration_is_read(folder):
    assert policy_type(folder, 'x') == 'act'
    assert read_configuration(folder, 'x').chunk_size > 1


@pytest.mark.parametrize('text', ['{"type": ', '', 'null', '[]', '{}', '{"type": 3}'])
def test_a_damaged_configuration_is_named(folder, text):
    (folder / 'config.json').write_text(text)
    with pytest.raises(PolicyError, match="checkpoint 'x': config.json"):
        policy_type(folder, 'x')


@pytest.mark.parametrize(
    ('changes', 'said'),
    [
        ({'n_action_steps': 999}, 'upper bound for the number of action steps'),
        ({'n_obs_steps': 3}, 'Multiple observation steps not handled'),
        ({'unheard_of': 1}, '`unheard_of`'),
        ({'chunk_size': 'many'}, "Couldn't parse 'many'"),
        ({'type': 'atc'}, "no policy type 'atc'; .*act"),
    ],
)
def test_a_refused_value_is_told_with_the_librarys_reason(folder, changes, said):
    change(folder, **changes)
    with pytest.raises(PolicyError, match=f"checkpoint 'x': config.json.*{said}") as refused:
        read_configuration(folder, 'x')
    assert '<class' not in str(refused.value)


def test_an_error_without_words_is_told_by_its_kind():
    assert whole_text(AssertionError()) == 'AssertionError'
