import pytest
from vla_contract.errors import VlaError
from vla_policy_server.identity.checkpoint_content import checkpoint_content

OLD, NEW = '1' * 40, '2' * 40


def test_a_checkpoint_is_the_same_wherever_it_lies(make_checkpoint):
    here, there = make_checkpoint('here'), make_checkpoint('there')
    assert checkpoint_content(str(here)) == checkpoint_content(str(there))


@pytest.mark.parametrize('name', ['model.safetensors', 'config.json', 'vla_policy.yaml'])
def test_other_weights_configuration_or_policy_file_are_another_content(make_checkpoint, name):
    folder = make_checkpoint('act')
    first = checkpoint_content(str(folder))
    (folder / name).write_text('other')
    assert checkpoint_content(str(folder)) != first


def test_what_was_learned_of_healthy_episodes_is_no_part_of_it(make_checkpoint):
    folder = make_checkpoint('act')
    first = checkpoint_content(str(folder))
    (folder / 'healthy.json').write_text('{}')
    assert checkpoint_content(str(folder)) == first


def test_a_hub_id_is_its_snapshot_and_its_commit(hub, make_checkpoint):
    hub('user/act', OLD, b'old')
    content = checkpoint_content('user/act')
    assert content.revision == OLD
    assert content.sha256 == checkpoint_content(str(make_checkpoint('copy', b'old'))).sha256


def test_a_hub_id_that_moved_is_another_content(hub):
    hub('user/act', OLD, b'old')
    first = checkpoint_content('user/act')
    hub('user/act', NEW, b'new')
    second = checkpoint_content('user/act')
    assert second.revision == NEW
    assert second.sha256 != first.sha256


def test_an_adapter_comes_with_its_base(make_checkpoint):
    base = make_checkpoint('base')
    adapter = make_checkpoint('adapter', base_model_name_or_path=str(base))
    first = checkpoint_content(str(adapter))
    assert first != checkpoint_content(str(base))
    (base / 'model.safetensors').write_bytes(b'other')
    assert checkpoint_content(str(adapter)) != first


def test_a_base_from_the_hub_counts_with_its_files(hub, make_checkpoint):
    hub('user/base', OLD, b'old')
    adapter = str(make_checkpoint('adapter', base_model_name_or_path='user/base'))
    first = checkpoint_content(adapter)
    hub('user/base', NEW, b'new')
    assert checkpoint_content(adapter) != first


@pytest.mark.usefixtures('hub')
def test_what_cannot_be_told_is_one_sentence(make_checkpoint):
    empty = make_checkpoint('empty')
    (empty / 'model.safetensors').unlink()
    orphan = make_checkpoint('orphan', peft_type='LORA')
    circle = make_checkpoint('circle', base_model_name_or_path='none')
    (circle / 'adapter_config.json').write_text(f'{{"base_model_name_or_path": "{circle}"}}')
    for source, reason in (
        ('user/none', "neither a folder nor in the hub's cache"),
        ('', 'has no source'),
        ('no_such_name', "neither a folder nor in the hub's cache"),
        (str(empty), r'has no weights \(\*\.safetensors\)'),
        (str(orphan), 'names no base'),
        (str(circle), 'an adapter of more than 4 adapters'),
    ):
        with pytest.raises(VlaError, match=reason):
            checkpoint_content(source)
