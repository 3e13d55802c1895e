import importlib
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file
import torch
from vla_contract.errors import PolicyError
from vla_lerobot.checkpoints.errors import WeightsError
from vla_lerobot.checkpoints.network import load_network
from vla_lerobot.checkpoints.weights import require_same_weights, require_weights_file

WIDTH = 8


def shrink(module, monkeypatch) -> None:
    """Make the networks of pi0, pi05 and pi0_fast small; all else is LeRobot's."""
    gemma, vlm = module.GemmaConfig, module.PaliGemmaForConditionalGenerationWithPiGemma
    sizes = {'width': 64, 'depth': 1, 'mlp_dim': 64, 'num_heads': 2, 'num_kv_heads': 1}

    def small_vlm(config):
        vision = config.vision_config
        vision.hidden_size = vision.intermediate_size = 32
        vision.num_hidden_layers, vision.num_attention_heads = 1, 2
        vision.projection_dim, vision.patch_size = 64, 56
        config.text_config.vocab_size = config._vocab_size = 128
        config.projection_dim = 64
        return vlm(config=config)

    monkeypatch.setattr(module, 'get_gemma_config', lambda _: gemma(**sizes, head_dim=32))
    monkeypatch.setattr(module, 'PaliGemmaForConditionalGenerationWithPiGemma', small_vlm)
    if hasattr(module, 'PiGemmaForCausalLM'):
        expert = module.PiGemmaForCausalLM

        def small_expert(config):
            config.vocab_size = 128
            return expert(config=config)

        monkeypatch.setattr(module, 'PiGemmaForCausalLM', small_expert)


@pytest.fixture(params=['pi0', 'pi05', 'pi0_fast'])
def kind(request, monkeypatch):
    """Return class, configuration and a checkpoint's tensors of a small policy."""
    from lerobot.configs import FeatureType, PolicyFeature
    from lerobot.policies.factory import get_policy_class, make_policy_config

    name = request.param
    module = importlib.import_module(f'lerobot.policies.{name}.modeling_{name}')
    shrink(module, monkeypatch)
    options = {'n_action_steps': 8, 'chunk_size': 16, 'dtype': 'float32', 'device': 'cpu'}
    config = make_policy_config(
        name,
        **options,
        input_features={
            'observation.state': PolicyFeature(FeatureType.STATE, (WIDTH,)),
            'observation.images.top': PolicyFeature(FeatureType.VISUAL, (3, 224, 224)),
        },
        output_features={'action': PolicyFeature(FeatureType.ACTION, (WIDTH,))},
    )
    if name == 'pi0_fast':  # its tokenizers are on the hub
        for auto in ('AutoProcessor', 'AutoTokenizer'):
            monkeypatch.setattr(getattr(module, auto), 'from_pretrained', lambda *_, **__: None)
    return get_policy_class(name), config


@pytest.fixture
def folder(kind, tmp_path) -> Path:
    policy_class, config = kind
    torch.manual_seed(0)
    policy_class(config).save_pretrained(tmp_path / 'whole')
    return tmp_path / 'whole'


def a_weight(tensors) -> str:
    return next(key for key in sorted(tensors) if key.endswith('proj.weight'))


def lack(tensors) -> None:
    del tensors[a_weight(tensors)]


def misshape(tensors) -> None:
    tensors[a_weight(tensors)] = torch.zeros(5, 3)


def add(tensors) -> None:
    tensors['model.another_layer.weight'] = torch.ones(3)


def test_a_whole_checkpoint_loads(kind, folder):
    network = load_network(*kind, folder, 'whole')
    stored = load_file(folder / 'model.safetensors')
    key = a_weight(stored)
    assert torch.equal(network.state_dict()[key], stored[key])


@pytest.mark.parametrize(
    ('damage', 'message'),
    [
        (lack, 'the file lacks model'),
        (misshape, r'has shape \[5, 3\], the network'),
        (add, r'no place for model.another_layer.weight \[3\]'),
    ],
)
def test_weights_that_do_not_fit_are_refused(kind, folder, damage, message):
    path = folder / 'model.safetensors'
    tensors = load_file(path)
    damage(tensors)
    save_file(tensors, path)
    with pytest.raises(PolicyError, match=message):
        load_network(*kind, folder, 'damaged')


def test_truncated_weights_are_refused(kind, folder):
    path = folder / 'model.safetensors'
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(PolicyError, match='damaged'):
        load_network(*kind, folder, 'truncated')


def test_a_folder_without_weights_is_refused(kind, folder):
    (folder / 'model.safetensors').unlink()
    with pytest.raises(PolicyError, match='there is no model.safetensors'):
        load_network(*kind, folder, 'empty')


class TestTensors:
    """The comparison, with tensors of this test."""

    @pytest.fixture
    def tensors(self):
        torch.manual_seed(1)
        return {'model.a.weight': torch.randn(4, 3), 'model.a.bias': torch.randn(4)}

    def stored(self, folder: Path, tensors) -> Path:
        save_file(tensors, folder / 'model.safetensors')
        return require_weights_file(folder, 'x')

    def test_other_names_for_the_same_values_fit(self, tmp_path, tensors):
        path = self.stored(tmp_path, {key[len('model.') :]: v for key, v in tensors.items()})
        require_same_weights(path, 'x', tensors)

    def test_the_precision_of_the_network_counts(self, tmp_path, tensors):
        half = {key: value.to(torch.bfloat16) for key, value in tensors.items()}
        require_same_weights(self.stored(tmp_path, tensors), 'x', half)

    def test_shared_memory_needs_one_of_its_names(self, tmp_path, tensors):
        path = self.stored(tmp_path, dict(tensors))
        require_same_weights(path, 'x', {**tensors, 'head.weight': tensors['model.a.weight']})

    def test_a_copy_in_the_file_is_no_weight_too_many(self, tmp_path, tensors):
        path = self.stored(tmp_path, {**tensors, 'head': tensors['model.a.weight'].clone()})
        require_same_weights(path, 'x', tensors)

    def test_one_tensor_of_the_file_does_not_serve_two(self, tmp_path, tensors):
        path = self.stored(tmp_path, tensors)
        zeros = {'b.weight': tensors['model.a.weight'].clone()}
        with pytest.raises(WeightsError, match='the file lacks b.weight'):
            require_same_weights(path, 'x', {**tensors, **zeros})

    def test_another_value_is_refused(self, tmp_path, tensors):
        path = self.stored(tmp_path, tensors)
        other = {**tensors, 'model.a.bias': torch.randn(4)}
        with pytest.raises(WeightsError, match='model.a.bias of the network is not that of'):
            require_same_weights(path, 'x', other)

    def test_what_is_not_a_number_is_refused(self, tmp_path, tensors):
        tensors['model.a.bias'][1] = torch.nan
        path = self.stored(tmp_path, tensors)
        with pytest.raises(WeightsError, match='or not a number'):
            require_same_weights(path, 'x', tensors)

    def test_a_file_of_nothing_is_refused(self, tmp_path):
        save_file({}, tmp_path / 'model.safetensors')
        with pytest.raises(WeightsError, match='is empty'):
            require_weights_file(tmp_path, 'x')

    def test_only_three_are_listed(self, tmp_path, tensors):
        path = self.stored(tmp_path, tensors)
        more = {f'b{k}': torch.randn(2) for k in range(5)}
        with pytest.raises(WeightsError, match='and 2 more'):
            require_same_weights(path, 'x', {**tensors, **more})
