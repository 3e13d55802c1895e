"""Load a policy together with the identity of the files that it was loaded from."""

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.policy import Policy
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.identity.policy_identity import PolicyIdentity


def load_identified(
    deployment: Deployment,
    device: str,
    precision: str = '',
    expected: PolicyIdentity | None = None,
) -> tuple[Policy, PolicyIdentity]:
    """Return a policy and what it is; files that change while it is loaded are refused.

    Args:
        deployment: as for `make_policy`, like the two that follow.
        device: torch device.
        precision: method, or '' for the backend's default.
        expected: what another copy was loaded from, None for the first.

    Raises:
        PolicyError: the files changed meanwhile, or are not those that are expected.
        VlaError: as `make_policy`.
    """
    before = identity_of(deployment, precision=precision)
    policy = make_policy(deployment, device, precision)
    identity = identity_of(deployment, policy, precision)
    # A checkpoint of the hub may come with a newer commit while it is loaded.
    is_same_commit = before.revision == identity.revision
    if before.sha256 and is_same_commit and before.sha256 != identity.sha256:
        raise PolicyError(
            f'the files of {_name(identity)} changed while it was loaded: wait until they are '
            'written, then load it again'
        )
    if expected is not None and expected.sha256 != identity.sha256:
        raise PolicyError(
            f'the files of {_name(identity)} (sha256 {identity.sha256[:12] or "unknown"}) are '
            f'not those that were loaded first ({expected.sha256[:12] or "unknown"}): start anew'
        )
    return policy, identity


def _name(identity: PolicyIdentity) -> str:
    return f"policy '{identity.policy}' from '{identity.source}'"
