"""A network of OpenVLA's shape with random weights: its speed and memory without a download."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vla_contract.errors import PolicyError
from vla_policy_server.precision.candidate import Candidate
from vla_policy_server.precision.predictor import Batch, Network, size_bytes
from vla_policy_server.precision.registry import make_predictor

_PROMPT_TOKENS = 20  # 'In: What action should the robot take to lift the cube?\nOut:'


@dataclass(frozen=True)
class Tower:
    """A vision transformer."""

    width: int
    layers: int
    heads: int
    mlp: int


@dataclass(frozen=True)
class OpenVlaShape:
    """Everything that sets speed and memory."""

    dinov2: Tower
    siglip: Tower
    width: int
    layers: int
    heads: int
    mlp: int
    vocabulary: int
    image: int = 224
    patch: int = 14


# Towers: timm's vit_large_patch14_reg4_dinov2 and vit_so400m_patch14_siglip_224. Language model:
# Llama 2 7B, its vocabulary padded to a multiple of 64.
SHAPES = {
    'openvla-7b-shape': OpenVlaShape(
        Tower(1024, 24, 16, 4096), Tower(1152, 27, 16, 4304), 4096, 32, 32, 11008, 32064
    ),
    'openvla-tiny-shape': OpenVlaShape(
        Tower(64, 2, 2, 128), Tower(96, 2, 2, 192), 128, 2, 2, 256, 512, image=56
    ),
}


@dataclass(frozen=True)
class ShapeJob:
    """Builds a shape in one precision; sent to the process that measures it."""

    shape: str
    precision: str
    device: str
    threads: int

    def load(self) -> Candidate:
        """Build with random weights.

        Raises:
            PolicyError: the method cannot run here.
        """
        import torch
        from vla_policy_server.precision.openvla_network import random_network

        torch.set_num_threads(self.threads)
        shape = SHAPES[self.shape]
        # Everything but fp32 begins with 16 bits, as checkpoints of this size are published.
        dtype = torch.float32 if self.precision == 'fp32' else torch.bfloat16
        policy = random_network(shape, dtype, self.device)
        batch = _example(shape, dtype, self.device)
        network = Network(policy, batch, self.device, Path())
        predictor = make_predictor(self.precision, network)

        def predict() -> object:
            with torch.inference_mode():
                return predictor.predict_action_chunk(batch)

        return Candidate(predict, None, size_bytes(predictor))


def require_room(shape: str, device: str) -> None:
    """Refuse to fill a machine's memory with random numbers.

    Raises:
        PolicyError: the full shape is asked for without a GPU.
    """
    if shape == 'openvla-7b-shape' and not device.startswith('cuda'):
        raise PolicyError(
            f'{shape} has 7.5 billion weights and needs an accelerator: found --device {device}; '
            'allowed: cuda (openvla-tiny-shape runs anywhere)'
        )


def _example(shape: OpenVlaShape, dtype: Any, device: str) -> Batch:
    import torch

    image = torch.rand(1, 3, shape.image, shape.image, dtype=dtype, device=device)
    prompt = torch.randint(shape.vocabulary, (1, _PROMPT_TOKENS), device=device)
    return {'observation.images.primary': image, 'observation.language.tokens': prompt}
