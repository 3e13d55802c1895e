"""A deployment file of one's own: a shipped one with some values replaced."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vla_contract.deployment.deployment import DEFAULT, KIND
from vla_contract.schema import load_yaml
from vla_contract.share import find_config
import yaml


def write_deployment(folder: Path, changes: Mapping[str, Any], deployment: str = DEFAULT) -> Path:
    """Write a deployment that overrides values of another.

    Args:
        folder: where to.
        changes: new values by dotted path, such as `robot.rates.filter_hz`.
        deployment: name under config/deployments.

    Returns:
        Path of the file.
    """
    values = load_yaml(find_config(KIND, deployment))
    overrides = {**(values.get('overrides') or {}), **changes}
    path = folder / f'{deployment}.yaml'
    path.write_text(yaml.safe_dump({**values, 'overrides': overrides}))
    return path
