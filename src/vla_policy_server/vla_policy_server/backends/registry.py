"""Find a backend by name. A new backend is one factory and one entry point of `vla_backends`."""

from functools import partial
import inspect

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.plugins import plugin
from vla_contract.policy import Policy, PolicyFactory
from vla_policy_server.precision.evidence import AUTO

GROUP = 'vla_backends'


def make_policy(deployment: Deployment, device: str, precision: str = '') -> Policy:
    """Build the policy of a deployment.

    Args:
        deployment: its policy's backend is an entry point of `vla_backends`, or
            'module:factory' of your own; its policy's source is what that backend understands.
        device: torch device, ignored by backends without one.
        precision: a method of `precision.registry`, 'auto', or '' for the backend's default.

    Raises:
        UnknownNameError: there is no such backend.
        VlaError: its module cannot be imported.
        PolicyError: the policy cannot be loaded or does not fit the deployment.
    """
    backend = deployment.policy.backend
    found = plugin(GROUP, backend, 'backend')
    factory: PolicyFactory = found
    if precision and 'precision' in inspect.signature(found).parameters:
        factory = partial(found, precision=precision)
    elif precision not in ('', AUTO):
        raise PolicyError(f"backend '{backend}' has no precision; found: {precision}")
    return factory(deployment, device)
