import json
from pathlib import Path
import pickle
import sys

import pytest
from vla_contract.errors import PolicyError
from vla_lerobot.checkpoints.data_only import require_data_only, require_known_steps
from vla_lerobot.checkpoints.errors import CodeInCheckpointError


def with_step(folder: Path, step: object, file: str = 'policy_preprocessor.json') -> Path:
    (folder / file).write_text(json.dumps({'name': 'x', 'steps': [step]}))
    return folder


@pytest.mark.parametrize('file', ['policy_preprocessor.json', 'policy_postprocessor.json'])
def test_a_class_by_its_path_is_refused_before_it_is_imported(tmp_path, monkeypatch, file):
    (tmp_path / 'evil_step.py').write_text('raise SystemExit("it ran")')
    monkeypatch.syspath_prepend(tmp_path)
    with_step(tmp_path, {'class': 'evil_step.Step', 'config': {}}, file)
    with pytest.raises(
        CodeInCheckpointError, match=rf"step 0 of {file} would run 'evil_step\.Step'"
    ):
        require_data_only(tmp_path, 'x')
    assert 'evil_step' not in sys.modules


def test_a_class_may_be_allowed_by_its_name(tmp_path):
    with_step(tmp_path, {'class': 'own.Step'})
    require_data_only(tmp_path, 'x', ['own.Step'])
    with pytest.raises(CodeInCheckpointError, match='--allow-code own.Step'):
        require_data_only(tmp_path, 'x', ['own', 'own.Other'])


def test_a_step_without_any_name_is_refused(tmp_path):
    with pytest.raises(CodeInCheckpointError, match="'None'"):
        require_data_only(with_step(tmp_path, {}), 'x')


@pytest.mark.parametrize('path', ['../other.safetensors', '/etc/passwd', 'a/b.safetensors', 7])
def test_statistics_of_another_folder_are_refused(tmp_path, path):
    step = {'registry_name': 'normalizer_processor', 'state_file': path}
    with pytest.raises(PolicyError, match='a file of the same folder'):
        require_data_only(with_step(tmp_path, step), 'x')


@pytest.mark.parametrize('text', ['{', '[]', '{"steps": 3}', '{"steps": ["a"]}'])
def test_a_damaged_file_is_one_sentence(tmp_path, text):
    (tmp_path / 'policy_postprocessor.json').write_text(text)
    with pytest.raises(PolicyError, match=r"checkpoint 'x': .*policy_postprocessor\.json"):
        require_data_only(tmp_path, 'x')


def test_a_module_that_an_adapter_names_is_refused(tmp_path):
    adapter = {'megatron_config': {'a': 1}, 'megatron_core': 'evil'}
    (tmp_path / 'adapter_config.json').write_text(json.dumps(adapter))
    with pytest.raises(CodeInCheckpointError, match='megatron_core in adapter_config'):
        require_data_only(tmp_path, 'x')
    require_data_only(tmp_path, 'x', ['evil'])


def test_what_lerobot_registers_is_known(tmp_path):
    require_known_steps(with_step(tmp_path, {'registry_name': 'device_processor'}), 'x')
    with pytest.raises(PolicyError, match="no step 'device_proces'; did you mean"):
        require_known_steps(with_step(tmp_path, {'registry_name': 'device_proces'}), 'x')


def test_a_step_that_somebody_else_registered_is_refused(tmp_path):
    from lerobot.processor import ProcessorStepRegistry

    name = 'registered_by_a_test'
    ProcessorStepRegistry.register(name)(type('Step', (), {}))
    try:
        with_step(tmp_path, {'registry_name': name})
        with pytest.raises(CodeInCheckpointError, match=name):
            require_known_steps(tmp_path, 'x')
        require_known_steps(tmp_path, 'x', [name])
    finally:
        ProcessorStepRegistry.unregister(name)


def test_the_error_survives_a_process_boundary():
    error = CodeInCheckpointError('step 0', 'a.B', 'nothing')
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
