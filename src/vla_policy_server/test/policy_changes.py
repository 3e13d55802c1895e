"""A deployment as it would be with another policy file."""

from dataclasses import replace
from typing import Any

from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.policy_file import Component


def with_policy(deployment: Deployment, **changes: Any) -> Deployment:
    """Return a deployment with fields of its policy file replaced."""
    return replace(deployment, policy=replace(deployment.policy, **changes))


def with_names(deployment: Deployment, names: tuple[str, ...], *keys: str) -> Deployment:
    """Return a deployment whose policy's state, action or both have another order."""
    components = (Component(joints=names),)
    return with_policy(deployment, **dict.fromkeys(keys, components))
