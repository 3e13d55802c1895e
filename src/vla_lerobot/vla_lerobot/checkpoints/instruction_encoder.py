"""The instruction encoder that a checkpoint was trained with; a guess would mislead the arm."""

from typing import Any

from vla_contract.errors import PolicyError
from vla_lerobot.checkpoints.manifest import MANIFEST, read_manifest
from vla_lerobot.instruction_embedding import ENCODERS, ENVIRONMENT_STATE, InstructionEncoder


def load_instruction_encoder(source: str, config: Any) -> InstructionEncoder | None:
    """Return the encoder of a checkpoint, or None for one that takes no embedding.

    Raises:
        PolicyError: the checkpoint takes an environment state and does not name the encoder that
            makes it, or names one with embeddings of another length.
        UnknownNameError: this version does not know the encoder.
        ResourceNotFoundError: the encoder's package is not installed.
    """
    feature = config.input_features.get(ENVIRONMENT_STATE)
    if feature is None:
        return None
    name = read_manifest(source).get('instruction_encoder')
    if name is None:
        raise PolicyError(
            f'{source}: input {ENVIRONMENT_STATE} needs the sentence encoder it was trained with; '
            f'found no instruction_encoder in its {MANIFEST}; allowed: {", ".join(ENCODERS)}'
        )
    encoder = InstructionEncoder(name)
    if tuple(feature.shape) != (encoder.size,):
        raise PolicyError(
            f'{source}: input {ENVIRONMENT_STATE} has shape {list(feature.shape)}, the '
            f'instruction encoder {name} gives [{encoder.size}]'
        )
    return encoder
