import json
from types import SimpleNamespace

import pytest
from vla_contract.errors import PolicyError, UnknownNameError
from vla_lerobot.checkpoints.instruction_encoder import load_instruction_encoder
from vla_lerobot.checkpoints.manifest import MANIFEST
from vla_lerobot.instruction_embedding import DEFAULT_ENCODER, ENVIRONMENT_STATE

pytest.importorskip('transformers')


def config(size: int) -> SimpleNamespace:
    return SimpleNamespace(input_features={ENVIRONMENT_STATE: SimpleNamespace(shape=(size,))})


def name_encoder(folder, name: str) -> str:
    (folder / MANIFEST).write_text(json.dumps({'instruction_encoder': name}))
    return str(folder)


def test_a_policy_without_an_embedding_needs_no_encoder(tmp_path):
    assert load_instruction_encoder(str(tmp_path), SimpleNamespace(input_features={})) is None


def test_the_encoder_of_the_training_is_loaded(tmp_path):
    encoder = load_instruction_encoder(name_encoder(tmp_path, DEFAULT_ENCODER), config(384))
    assert encoder.name == DEFAULT_ENCODER
    assert encoder.size == 384


def test_a_checkpoint_that_names_no_encoder_is_refused(tmp_path):
    with pytest.raises(
        PolicyError, match=r'found no instruction_encoder .*; allowed: gt-all-mini'
    ):
        load_instruction_encoder(str(tmp_path), config(384))


def test_an_encoder_that_is_not_known_here_is_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="'word2vec' is not in this version"):
        load_instruction_encoder(name_encoder(tmp_path, 'word2vec'), config(384))


def test_an_embedding_of_another_length_is_refused(tmp_path):
    with pytest.raises(PolicyError, match=r'has shape \[16\], the instruction encoder .* \[384\]'):
        load_instruction_encoder(name_encoder(tmp_path, DEFAULT_ENCODER), config(16))
