from pathlib import Path

import pytest
from vla_contract.errors import PolicyError
from vla_contract.share import find_model
from vla_lerobot.checkpoints.source import checkpoint_folder, resolve_checkpoint


def test_a_shipped_name_a_folder_and_a_hub_id_are_checkpoints(tmp_path):
    (tmp_path / 'config.json').write_text('{}')
    assert resolve_checkpoint('panda_lift_act') == str(find_model('panda_lift_act'))
    assert resolve_checkpoint(str(tmp_path)) == str(tmp_path)
    assert resolve_checkpoint('lerobot/smolvla_base') == 'lerobot/smolvla_base'


@pytest.mark.parametrize('path', ['./nowhere/here', 'nowhere', '~/a/b', '/a'])
def test_a_path_that_does_not_exist_is_never_looked_for_on_the_hub(path):
    with pytest.raises(PolicyError, match='neither a name under models/, nor a folder'):
        resolve_checkpoint(path)


def test_a_folder_without_a_configuration_is_no_checkpoint(tmp_path):
    with pytest.raises(PolicyError, match='give the folder pretrained_model'):
        resolve_checkpoint(str(tmp_path))


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """Return the cache of the hub's client, as it lays it out, with one checkpoint in it."""
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(tmp_path))
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_OFFLINE', True)
    repository = tmp_path / 'models--user--policy'
    snapshot = repository / 'snapshots' / ('a' * 40)
    snapshot.mkdir(parents=True)
    (repository / 'refs').mkdir()
    (repository / 'refs' / 'main').write_text('a' * 40)
    (snapshot / 'config.json').write_text('{}')
    return snapshot


def test_a_file_is_no_checkpoint_and_its_folder_is_named(tmp_path):
    path = tmp_path / 'config.json'
    path.write_text('{}')
    with pytest.raises(PolicyError, match=f'is a file; allowed: its folder, {tmp_path}'):
        resolve_checkpoint(str(path))


def test_the_files_of_a_hub_id_are_those_of_one_snapshot(cache):
    assert checkpoint_folder('user/policy') == cache


def test_a_hub_id_without_a_checkpoint_is_one_sentence(cache):
    (cache / 'config.json').unlink()
    with pytest.raises(PolicyError, match="'user/policy' on the hub is not a LeRobot checkpoint"):
        checkpoint_folder('user/policy')
    with pytest.raises(PolicyError, match="checkpoint 'user/other' cannot be fetched"):
        checkpoint_folder('user/other')
