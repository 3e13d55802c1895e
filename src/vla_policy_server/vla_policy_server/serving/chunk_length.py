"""Whether as many steps are to be played of a chunk as a policy's chunks have."""

from vla_contract.errors import SettingError
from vla_contract.policy import Policy
from vla_policy_server.serving.chunk_scheduler import LEAST_STEPS


def known_length(policy: Policy) -> int | None:
    """Return how many steps the chunks of a loaded policy have.

    Returns:
        What the configuration of its checkpoint says; None where only its first chunk tells.
    """
    checkpoint = getattr(policy, 'checkpoint', None)
    config = getattr(getattr(checkpoint, 'network', None), 'config', None)
    length = getattr(config, 'chunk_size', None)
    return length if isinstance(length, int) else None


def require_steps(policy: str, execute_steps: int, length: int) -> None:
    """Verify that a chunk has as many steps as are to be played of it.

    Args:
        policy: its name, for the message.
        execute_steps: steps after which the next inference starts.
        length: steps of a chunk. One that the schedule plays to its end whatever is set takes
            any number up to the longest such chunk's and one, which is the default.

    Raises:
        SettingError: it has fewer.
    """
    most = max(length, LEAST_STEPS)
    if execute_steps > most:
        found = f'{execute_steps}, and a chunk of this policy has {length}'
        raise SettingError(f'policy {policy}', 'execute_steps', found, f'1 to {most}')
