import json

import pytest
from vla_lerobot.checkpoints import remote_code
from vla_lerobot.checkpoints.errors import CodeInCheckpointError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a tokenizer that brings its own Python file, as `trust_remote_code` runs it."""
    from transformers import dynamic_module_utils

    monkeypatch.setattr(remote_code, '_allowed', set())
    real = dynamic_module_utils.get_cached_module_file
    monkeypatch.setattr(dynamic_module_utils, 'get_cached_module_file', real)
    config = {'auto_map': {'AutoProcessor': 'own_code.Own'}, 'processor_class': 'Own'}
    (tmp_path / 'processor_config.json').write_text(json.dumps(config))
    (tmp_path / 'own_code.py').write_text(
        f'open({str(tmp_path / "ran")!r}, "w").close()\n'
        'class Own:\n'
        '    @classmethod\n'
        '    def from_pretrained(cls, *args, **kwargs):\n'
        '        return cls()\n'
        '    @classmethod\n'
        '    def register_for_auto_class(cls, *args):\n'
        '        pass\n'
    )
    return tmp_path


def load(folder):
    from transformers import AutoProcessor

    return AutoProcessor.from_pretrained(str(folder), trust_remote_code=True)


def test_python_files_of_a_repository_are_refused_unread(folder):
    remote_code.refuse_remote_code()
    with pytest.raises(CodeInCheckpointError, match='own_code.py of .* would run'):
        load(folder)
    assert not (folder / 'ran').exists()


def test_they_run_where_the_repository_is_allowed(folder):
    remote_code.refuse_remote_code([str(folder)])
    assert type(load(folder)).__name__ == 'Own'
    assert (folder / 'ran').exists()


def test_asking_twice_asks_once(folder):
    from transformers import dynamic_module_utils

    remote_code.refuse_remote_code()
    first = dynamic_module_utils.get_cached_module_file
    remote_code.refuse_remote_code()
    assert dynamic_module_utils.get_cached_module_file is first
