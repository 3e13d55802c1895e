"""What gymnasium's observations call the features that LeRobot makes of them."""

from collections.abc import Mapping
from typing import Any

from vla_contract.deployment.policy_file import PolicyFile
from vla_contract.errors import ContractError

# preprocess_observation of lerobot/envs/utils.py.
STATE, PIXELS, ENVIRONMENT = 'agent_pos', 'pixels', 'environment_state'
_ONE, _SEVERAL = 'observation.image', 'observation.images.'


def keys_of(policy: PolicyFile) -> dict[str, str]:
    """Return where in an observation each image of a policy is, `pixels` or `pixels/NAME`.

    Raises:
        ContractError: LeRobot makes no feature of such a name of an environment's images.
    """
    features = list(policy.image_sizes)
    if features == [_ONE]:
        return {_ONE: PIXELS}
    for feature in features:
        if not feature.startswith(_SEVERAL):
            allowed = f'{_SEVERAL}NAME, or {_ONE} alone; --rename_map gives them other names'
            raise ContractError(f'policy {policy.name}: found image {feature}; allowed: {allowed}')
    return {feature: f'{PIXELS}/{feature.removeprefix(_SEVERAL)}' for feature in features}


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by key as an observation: `pixels/NAME` under `pixels`."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        first, _, name = key.partition('/')
        if name:
            found.setdefault(first, {})[name] = value
        else:
            found[first] = value
    return found
