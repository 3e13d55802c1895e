"""Shapes of OpenVLA: what sets its speed and memory, without a download."""

from dataclasses import dataclass

from vla_contract.errors import PolicyError


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
