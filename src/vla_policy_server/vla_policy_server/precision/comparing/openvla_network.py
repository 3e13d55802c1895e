"""OpenVLA's network, built from the models of transformers, with random weights.

Kim et al., 'OpenVLA: An Open-Source Vision-Language-Action Model', 2024, section 3.1: patches of
a DINOv2 and a SigLIP tower side by side, a projector, and a Llama that reads patches and
instruction and writes seven action tokens, one after the other.
"""

from typing import Any

import torch
from torch import nn
from transformers import (
    Dinov2WithRegistersConfig,
    Dinov2WithRegistersModel,
    LlamaConfig,
    LlamaForCausalLM,
    SiglipVisionConfig,
    SiglipVisionModel,
)
from transformers.initialization import no_init_weights
from vla_policy_server.precision.comparing.openvla_shape import OpenVlaShape, Tower
from vla_policy_server.precision.predictor import Batch

_ACTION_TOKENS = 7
_BINS = 255


class OpenVlaNetwork(nn.Module):  # type: ignore[misc]
    """Image and prompt in, seven action numbers in [-1, 1] out."""

    def __init__(self, shape: OpenVlaShape) -> None:
        """Build the parts in torch's default dtype and on its default device."""
        super().__init__()
        self.dinov2 = Dinov2WithRegistersModel(
            Dinov2WithRegistersConfig(
                **_vision(shape, shape.dinov2), mlp_ratio=shape.dinov2.mlp // shape.dinov2.width
            )
        )
        self.siglip = SiglipVisionModel(
            SiglipVisionConfig(**_vision(shape, shape.siglip), intermediate_size=shape.siglip.mlp)
        )
        seen = shape.dinov2.width + shape.siglip.width
        self.projector = nn.Sequential(
            nn.Linear(seen, 4 * seen),
            nn.GELU(),
            nn.Linear(4 * seen, shape.width),
            nn.GELU(),
            nn.Linear(shape.width, shape.width),
        )
        self.language = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=shape.vocabulary,
                hidden_size=shape.width,
                intermediate_size=shape.mlp,
                num_hidden_layers=shape.layers,
                num_attention_heads=shape.heads,
                num_key_value_heads=shape.heads,
            )
        )

    def predict_action_chunk(self, batch: Batch) -> Any:
        """Return one action, shape (1, 1, 7), decoded greedily."""
        image = batch['observation.images.primary']
        patches = torch.cat([self._dinov2_patches(image), self._siglip_patches(image)], dim=-1)
        embed = self.language.get_input_embeddings()
        prompt = embed(batch['observation.language.tokens'])
        # The image stands behind the first token, which begins the sequence.
        inputs = torch.cat([prompt[:, :1], self.projector(patches), prompt[:, 1:]], dim=1)
        cache, tokens = None, []
        for _ in range(_ACTION_TOKENS):
            answer = self.language(
                inputs_embeds=inputs, past_key_values=cache, use_cache=True, logits_to_keep=1
            )
            cache = answer.past_key_values
            tokens.append(answer.logits[:, -1].argmax(-1, keepdim=True))
            inputs = embed(tokens[-1])
        # The last tokens of the vocabulary are the bins of an action, in reverse.
        bins = (self.language.config.vocab_size - torch.cat(tokens, dim=1)).clamp(1, _BINS)
        return (2.0 * bins.float() - 1.0).div(_BINS).sub(1.0)[:, None]

    def reset(self) -> None:
        """Do nothing: it has no memory."""

    def _dinov2_patches(self, image: Any) -> Any:
        """Return the last layer but one, without the class and four register tokens."""
        seen = self.dinov2(image, output_hidden_states=True)
        return seen.hidden_states[-2][:, 1 + self.dinov2.config.num_register_tokens :]

    def _siglip_patches(self, image: Any) -> Any:
        return self.siglip(image, output_hidden_states=True).hidden_states[-2]


def random_network(shape: OpenVlaShape, dtype: Any, device: str) -> OpenVlaNetwork:
    """Build with whatever memory holds made small: speed and memory do not depend on weights."""
    previous = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device), no_init_weights():
            network = OpenVlaNetwork(shape)
    finally:
        torch.set_default_dtype(previous)
    with torch.no_grad():
        for value in network.parameters():
            value.normal_(0.0, 0.02)
    network.eval()
    return network


def _vision(shape: OpenVlaShape, tower: Tower) -> dict[str, int]:
    return {
        'hidden_size': tower.width,
        'num_hidden_layers': tower.layers,
        'num_attention_heads': tower.heads,
        'image_size': shape.image,
        'patch_size': shape.patch,
    }
