"""What a flow-matching policy of LeRobot is made of, found by what its network can be asked.

SmolVLA, pi0 and pi0.5 are built alike (Black et al., 'pi0: A Vision-Language-Action Flow Model for
General Robot Control', 2024, section IV): `policy.model.sample_actions` reads images and
instruction once into a cache of keys and values, the prefix, and asks `model.denoise_step`, the
action expert, at every step of the integration from noise to actions.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from vla_contract.errors import PolicyError
from vla_policy_server.precision.predictor import Batch

STATE = 'observed_state'


def is_flow(policy: Any) -> bool:
    """Whether a LeRobot policy has a prefix and a denoising step that can be taken apart."""
    model = getattr(policy, 'model', None)
    return hasattr(model, 'sample_actions') and hasattr(model, 'denoise_step')


def token_count(policy: Any) -> int:
    """Return how many tokens of an instruction a graph takes; shorter ones are padded."""
    return int(policy.config.tokenizer_max_length)


def step_count(config: Any) -> int:
    """Return the number of steps from noise to actions of a policy's configuration."""
    return int(getattr(config, 'num_inference_steps', None) or config.num_steps)


@contextmanager
def replaced(owner: Any, name: str, function: Any) -> Iterator[None]:
    """Put a function in the place of a method of one object, for a while."""
    own = vars(owner).get(name)
    setattr(owner, name, function)
    try:
        yield
    finally:
        delattr(owner, name)
        if own is not None:
            setattr(owner, name, own)


def observed(policy: Any, batch: Batch) -> dict[str, Any]:
    """Return what LeRobot's policy hands its network of a batch, as named tensors.

    Raises:
        PolicyError: the instruction has more tokens than the network was made for.
    """
    found: dict[str, Any] = {}

    def sample_actions(*values: Any, noise: Any = None, **guidance: Any) -> Any:
        import torch

        found.update(named(values, token_count(policy)))
        config = policy.config
        return torch.zeros(1, config.chunk_size, config.max_action_dim)

    with replaced(policy.model, 'sample_actions', sample_actions):
        policy.predict_action_chunk(batch)
    return found


def named(values: Sequence[Any], tokens: int) -> dict[str, Any]:
    """Name the arguments of `sample_actions`.

    Args:
        values: images, their masks, tokens, their mask, and the state where it is no token.
        tokens: how many of them a graph takes.

    Raises:
        PolicyError: there are more tokens.
    """
    from torch.nn.functional import pad

    images, image_masks, words, word_mask, *state = values
    missing = tokens - words.shape[1]
    if missing < 0:
        raise PolicyError(
            f'the instruction has {words.shape[1]} tokens; allowed: {tokens} '
            '(tokenizer_max_length of the checkpoint)'
        )
    return {
        **{f'image_{number}': image for number, image in enumerate(images)},
        **{f'image_mask_{number}': mask for number, mask in enumerate(image_masks)},
        # What the mask hides is as if it were not there.
        'tokens': pad(words, (0, missing)),
        'token_mask': pad(word_mask, (0, missing)),
        **dict(zip([STATE], state, strict=False)),
    }


def arguments(values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the arguments of `sample_actions` that have been named."""
    count = sum(name.startswith('image_mask_') for name in values)
    return (
        [values[f'image_{number}'] for number in range(count)],
        [values[f'image_mask_{number}'] for number in range(count)],
        values['tokens'],
        values['token_mask'],
        *([values[STATE]] if STATE in values else []),
    )
