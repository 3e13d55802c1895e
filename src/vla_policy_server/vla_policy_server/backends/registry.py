"""Find a backend by name. A new backend is one factory; nothing else changes."""

from functools import partial
import importlib
import inspect
from typing import Any

from vla_contract.contract import RobotContract
from vla_contract.errors import PolicyError, UnknownNameError
from vla_contract.policy import Policy, PolicyFactory
from vla_policy_server.precision.evidence import AUTO

# The expert needs the simulator's model, so it lives there; it is imported only when asked for.
BACKENDS = {
    'hold': 'vla_policy_server.backends.hold:make_hold',
    'replay': 'vla_policy_server.backends.replay:make_replay',
    'lerobot': 'vla_policy_server.backends.lerobot_policy:make_lerobot',
    'remote': 'vla_policy_server.backends.remote:make_remote',
    'scripted': 'vla_sim_bridge.demonstrations.expert:make_scripted_expert',
}


def make_policy(
    backend: str, contract: RobotContract, policy_path: str, device: str, precision: str = ''
) -> Policy:
    """Build a policy.

    Args:
        backend: a name of `BACKENDS`, or 'module:factory' of your own.
        contract: the robot the policy must fit.
        policy_path: checkpoint, dataset or world, as the backend understands it.
        device: torch device, ignored by backends without one.
        precision: a method of `precision.registry`, 'auto', or '' for the backend's default.

    Raises:
        UnknownNameError: there is no such backend.
        PolicyError: the policy cannot be loaded or does not fit the contract.
    """
    target = BACKENDS.get(backend, backend if ':' in backend else '')
    if not target:
        raise UnknownNameError('backend', backend, 'vla_policy_server', BACKENDS)
    module, _, name = target.partition(':')
    try:
        found: Any = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise PolicyError(f'backend {backend} cannot be imported: {error}') from error
    factory: PolicyFactory = found
    if precision and 'precision' in inspect.signature(found).parameters:
        factory = partial(found, precision=precision)
    elif precision not in ('', AUTO):
        raise PolicyError(f"backend '{backend}' has no precision; found: {precision}")
    return factory(contract, policy_path, device)
