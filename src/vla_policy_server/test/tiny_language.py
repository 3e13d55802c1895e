"""Tiny language models with random weights, and a tokenizer of single characters: no download."""

import importlib
from pathlib import Path
from typing import Any

from vla_policy_server.precision.comparing.flow_shapes import SPECIAL_TOKENS

CLIP_SIZE = 64
"""Of the images that the CLIP takes [px]."""

_WORDS = ('<pad>', '<s>', '</s>', '<unk>', *SPECIAL_TOKENS.values(), '\n')
_VOCABULARY = 128
_LAYER = {'hidden_size': 32, 'intermediate_size': 32, 'num_hidden_layers': 1}
_LAYER |= {'num_attention_heads': 2}


def write_tokenizer(folder: Path) -> Any:
    """Write a tokenizer with one token for each character."""
    from tokenizers import models, pre_tokenizers, Regex, Tokenizer
    from transformers import PreTrainedTokenizerFast

    words = (*_WORDS, *map(chr, range(32, 127)))
    numbered = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(numbered, unk_token='<unk>'))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex('.|\\n'), 'isolated')
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token='<pad>',
        bos_token='<s>',
        eos_token='</s>',
        unk_token='<unk>',
        extra_special_tokens=SPECIAL_TOKENS,
    )
    fast.save_pretrained(folder)
    return fast


def write_tiny_vlm(folder: Path) -> Path:
    """Write the configuration and the processor of a SmolVLM; LeRobot makes the network."""
    from transformers import (
        SmolVLMConfig,
        SmolVLMImageProcessor,
        SmolVLMProcessor,
        SmolVLMVideoProcessor,
    )

    tokenizer = write_tokenizer(folder)
    text = {
        'model_type': 'llama',
        'hidden_size': 64,
        'intermediate_size': 64,
        'num_hidden_layers': 2,
        'num_attention_heads': 4,
        'num_key_value_heads': 2,
        'head_dim': 16,
        'vocab_size': _VOCABULARY,
        'pad_token_id': 0,
    }
    vision = {**_LAYER, 'model_type': 'smolvlm_vision', 'image_size': 64, 'patch_size': 16}
    SmolVLMConfig(
        text_config=text, vision_config=vision, image_token_id=4, scale_factor=2, pad_token_id=0
    ).save_pretrained(folder)
    SmolVLMProcessor(
        SmolVLMImageProcessor(), tokenizer, SmolVLMVideoProcessor(), image_seq_len=4
    ).save_pretrained(folder)
    return folder


def shrink_pi(monkeypatch: Any, kind: str, tokenizer: Path) -> None:
    """Let LeRobot build pi0 or pi05 with one thin layer, and a tokenizer of a folder.

    Args:
        monkeypatch: pytest's.
        kind: 'pi0' or 'pi05'.
        tokenizer: of `write_tokenizer`; else LeRobot downloads PaliGemma's.
    """
    import transformers

    module = importlib.import_module(f'lerobot.policies.{kind}.modeling_{kind}')
    network = module.PaliGemmaForConditionalGenerationWithPiGemma
    expert = module.PiGemmaForCausalLM
    small = module.GemmaConfig(
        width=64, depth=1, mlp_dim=64, num_heads=2, num_kv_heads=1, head_dim=32
    )
    fast = transformers.PreTrainedTokenizerFast.from_pretrained(tokenizer)

    def build(config: Any) -> Any:
        vision = {**_LAYER, 'projection_dim': 64, 'patch_size': 56}
        for name, value in vision.items():
            setattr(config.vision_config, name, value)
        config.text_config.vocab_size = config._vocab_size = _VOCABULARY
        config.projection_dim = 64
        return network(config=config)

    def build_expert(config: Any) -> Any:
        config.vocab_size = _VOCABULARY
        return expert(config=config)

    monkeypatch.setattr(module, 'get_gemma_config', lambda variant: small)
    monkeypatch.setattr(module, 'PaliGemmaForConditionalGenerationWithPiGemma', build)
    monkeypatch.setattr(module, 'PiGemmaForCausalLM', build_expert)
    monkeypatch.setattr(transformers.AutoTokenizer, 'from_pretrained', lambda *_, **__: fast)


def write_tiny_clip(folder: Path) -> Path:
    """Write a CLIP with its tokenizer."""
    from transformers import CLIPConfig, CLIPModel

    write_tokenizer(folder)
    ends = {'eos_token_id': 2, 'bos_token_id': 1, 'pad_token_id': 0}
    text = {**_LAYER, 'vocab_size': _VOCABULARY, **ends}
    vision = {**_LAYER, 'image_size': CLIP_SIZE, 'patch_size': 32}
    CLIPModel(CLIPConfig(text_config=text, vision_config=vision)).save_pretrained(folder)
    return folder
