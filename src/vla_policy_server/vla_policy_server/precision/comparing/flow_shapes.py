"""Flow-matching policies of published shapes with random weights, built by LeRobot's own classes.

What sets speed and memory is the configuration; nothing is downloaded.
"""

from collections.abc import Callable
from pathlib import Path
import tempfile
from typing import Any

from vla_policy_server.precision.predictor import Batch

JOINTS = 6
SPECIAL_TOKENS = {
    'image_token': '<image>',
    'fake_image_token': '<fake_token_around_image>',
    'global_image_token': '<global-img>',
    'end_of_utterance_token': '<end_of_utterance>',
}
"""Of SmolVLM's tokenizer."""
# LIBERO's and SO-101's data have two cameras of this size.
CAMERAS, HEIGHT, WIDTH = 2, 480, 640
_WORDS = 20
"""Tokens of an instruction, e.g. 'put the red mug into the box on the left'."""


def random_flow(shape: str, device: str) -> tuple[Any, list[Batch]]:
    """Return a policy in evaluation mode and pre-processed observations for it.

    The same weights and observations every time, so that methods can be compared.

    Args:
        shape: a name of `FLOW_SHAPES`.
        device: torch device.
    """
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        policy = FLOW_SHAPES[shape](device).to(device).eval()
        return policy, [_observation(policy, device) for _ in range(3)]


def _observation(policy: Any, device: str) -> Batch:
    import torch

    words = torch.randint(10, 100, (1, _WORDS), device=device)
    batch = {
        name: torch.rand(1, 3, HEIGHT, WIDTH, device=device)
        for name in policy.config.image_features
    }
    return {
        **batch,
        'observation.state': torch.randn(1, JOINTS, device=device),
        'observation.language.tokens': words,
        'observation.language.attention_mask': torch.ones_like(words, dtype=torch.bool),
    }


def _smolvla(device: str) -> Any:
    """Build SmolVLA (Shukor et al., 'SmolVLA', 2025) on 16 layers of SmolVLM2-500M."""
    with tempfile.TemporaryDirectory() as folder:
        _write_smolvlm(Path(folder))
        policy = _build('smolvla', device, vlm_model_name=folder, load_vlm_weights=False)
    policy.config.vlm_model_name = 'SmolVLM2-500M-Video-Instruct'
    return policy


def _pi05(device: str, **sizes: str) -> Any:
    """Build pi0.5 (Black et al., 'pi0.5: a VLA with Open-World Generalization', 2025)."""
    return _build('pi05', device, dtype='float32', **sizes)


def _small_pi05(device: str) -> Any:
    """Build pi0.5 with a language model of the size of its action expert, for small machines."""
    return _pi05(device, paligemma_variant='gemma_300m')


FLOW_SHAPES: dict[str, Callable[[str], Any]] = {
    'smolvla-450m-shape': _smolvla,
    'pi05-3b-shape': _pi05,
    'pi05-1b-shape': _small_pi05,
}


def _build(kind: str, device: str, **settings: Any) -> Any:
    from lerobot.configs import FeatureType, PolicyFeature
    from lerobot.policies.factory import get_policy_class, make_policy_config

    inputs = {
        f'observation.images.camera_{number}': PolicyFeature(
            FeatureType.VISUAL, (3, HEIGHT, WIDTH)
        )
        for number in range(CAMERAS)
    }
    inputs['observation.state'] = PolicyFeature(FeatureType.STATE, (JOINTS,))
    config = make_policy_config(
        kind,
        input_features=inputs,
        output_features={'action': PolicyFeature(FeatureType.ACTION, (JOINTS,))},
        device=device,
        push_to_hub=False,
        **settings,
    )
    config.validate_features()
    return get_policy_class(kind)(config)


def _write_smolvlm(folder: Path) -> None:
    """Write configuration and processor of HuggingFaceTB/SmolVLM2-500M-Video-Instruct.

    The tokenizer has the special tokens alone; the policy reads nothing else of it.
    """
    from tokenizers import models, Tokenizer
    from transformers import (
        PreTrainedTokenizerFast,
        SmolVLMConfig,
        SmolVLMImageProcessor,
        SmolVLMProcessor,
        SmolVLMVideoProcessor,
    )

    words = {word: k for k, word in enumerate(['<unk>', *SPECIAL_TOKENS.values()])}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(words, unk_token='<unk>')),
        unk_token='<unk>',
        extra_special_tokens=SPECIAL_TOKENS,
    )
    text = {
        'model_type': 'llama',
        'hidden_size': 960,
        'intermediate_size': 2560,
        'num_hidden_layers': 32,
        'num_attention_heads': 15,
        'num_key_value_heads': 5,
        'head_dim': 64,
        'vocab_size': 49280,
    }
    vision = {
        'model_type': 'smolvlm_vision',
        'hidden_size': 768,
        'intermediate_size': 3072,
        'num_hidden_layers': 12,
        'num_attention_heads': 12,
        'image_size': 512,
        'patch_size': 16,
    }
    SmolVLMConfig(text_config=text, vision_config=vision, scale_factor=4).save_pretrained(folder)
    processor = SmolVLMProcessor(
        SmolVLMImageProcessor(), tokenizer, SmolVLMVideoProcessor(), image_seq_len=64
    )
    processor.save_pretrained(folder)
