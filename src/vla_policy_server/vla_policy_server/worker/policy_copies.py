"""Copies of one policy for robots that cannot share it, all loaded from the same files."""

from vla_contract.deployment.deployment import Deployment
from vla_contract.policy import Policy
from vla_policy_server.backends.shared_lerobot import share
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.identity.loading import load_identified
from vla_policy_server.identity.policy_identity import PolicyIdentity


class PolicyCopies:
    """Loads one more copy with each call; a worker says once what it serves, so it must stay that.

    Attributes:
        identity: of what the copies are loaded from, None before the first.
    """

    def __init__(self, deployment: Deployment, device: str, precision: str) -> None:
        """Load nothing yet; arguments as for `make_policy`."""
        self._deployment = deployment
        self._device = device
        self._precision = precision
        self.identity: PolicyIdentity | None = None

    def __call__(self) -> Policy:
        """Return a copy, one that robots can share where that is possible.

        Raises:
            PolicyError: its files are no longer those that the first copy was loaded from.
            VlaError: as `make_policy`.
        """
        policy, self.identity = load_identified(
            self._deployment, self._device, self._precision, self.identity
        )
        return share(policy)

    def identify_ahead(self) -> None:
        """Tell the identity from this machine's files, as far as they tell it.

        For copies that load in other processes, each of which compares its own files then.
        """
        ahead = identity_of(self._deployment, precision=self._precision)
        self.identity = ahead if ahead.sha256 else None
