"""What a policy is called in tables and reports: by what computed it, not by what was named."""

from collections.abc import Sequence

from vla_contract.errors import VlaError
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_rollout.episodes.served_policy import is_same

BUILT_IN = ('hold', 'scripted')
"""Backends that read no checkpoint, whatever policy is named."""

_BY_SOURCE = ('lerobot', 'remote')


def policy_label(backend: str, source: str, policy: str = '') -> str:
    """Return the source of a checkpoint, and for what reads none the name of the backend.

    Args:
        backend: what computes the policy.
        source: where its files or its server are.
        policy: name of the policy, for one without a source.
    """
    if backend in BUILT_IN:
        return backend
    if backend in _BY_SOURCE:
        return source or policy
    return ' '.join(filter(None, (backend, source))) or policy


def labels_of(identities: Sequence[PolicyIdentity]) -> list[str]:
    """Return a label for every policy; the same label twice is told apart by hash."""
    labels = [policy_label(one.backend, one.source, one.policy) for one in identities]
    return [
        label if labels.count(label) == 1 else f'{label} ({one.policy}, {one.sha256[:8]})'
        for label, one in zip(labels, identities, strict=True)
    ]


def require_two_policies(compare: str, identities: Sequence[PolicyIdentity]) -> None:
    """Refuse to compare a policy with itself.

    Args:
        compare: name of the second policy, for the sentence.
        identities: of one or two policies.

    Raises:
        VlaError: both are one policy.
    """
    if len(identities) == 2 and _is_one_policy(*identities):
        one = identities[0]
        label = policy_label(one.backend, one.source, one.policy)
        raise VlaError(
            f'--compare {compare}: both policies are {label} (sha256 {one.sha256[:8]}), which '
            'would be compared with itself; allowed: another policy'
        )


def _is_one_policy(one: PolicyIdentity, other: PolicyIdentity) -> bool:
    """Return whether two names stand for one policy, as far as anybody can tell."""
    if one.backend in BUILT_IN and one.backend == other.backend:
        return True
    return is_same(one, other)
