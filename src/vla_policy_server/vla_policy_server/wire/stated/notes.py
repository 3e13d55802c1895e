"""What a server says of itself, and what is believed because it does not, in sentences."""

from collections.abc import Iterator

from vla_contract.deployment.policy_file import PolicyFile
from vla_policy_server.wire.stated.facts import AS_CAPTURED, StatedFacts


def notes(policy: PolicyFile, facts: StatedFacts, url: str, says_kind: bool) -> tuple[str, ...]:
    """Return one sentence for each.

    Args:
        policy: that is believed.
        facts: what the server says.
        url: the server.
        says_kind: whether it says what its actions are by another key.
    """
    return tuple(_notes(policy, facts, url, says_kind))


def _notes(policy: PolicyFile, facts: StatedFacts, url: str, says_kind: bool) -> Iterator[str]:
    if not facts.action_space and not says_kind:
        yield (
            f'{url} does not say what its actions are; believed to be {policy.action_kind}, as '
            f'policy {policy.name} says'
        )
    if not facts.action_names:
        names = ', '.join(policy.action_names)
        yield f'{url} does not name the numbers of an action; believed to be {names}'
    else:
        yield f'{url}: actions taken by name: {", ".join(facts.action_names)}'
    if facts.rate_hz is None:
        yield f'{url} does not say its fps; believed to be {policy.rate_hz:g} Hz'
    if facts.action_horizon is not None:
        seconds = facts.action_horizon / policy.rate_hz
        yield f'{url} answers with up to {facts.action_horizon} steps, {seconds:.2g} s'
    if facts.image_size == AS_CAPTURED:
        yield f'{url} gets images in the size of the cameras, as it asks'
    elif facts.image_size is not None:
        height, width = facts.image_size
        yield f'{url} gets images of {width} x {height} px, as it asks'
