"""A deployment of one's own: shipped files with single texts or values replaced."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vla_contract.deployment.deployment import DEFAULT, KIND
from vla_contract.schema import load_yaml
from vla_contract.share import find_config
import yaml

SOURCES = {
    'robot': ('robots', 'panda_2f85'),
    'cell': ('cells', 'panda_table'),
    'task': ('tasks', 'lift_cube'),
    'deployment': ('deployments', 'panda_lift_cube'),
}


LINKS = {
    'cell': {'robot: panda_2f85': 'robot: ./robot.yaml'},
    'deployment': {'panda_table': './cell.yaml', 'task: lift_cube': 'task: ./task.yaml'},
}


def text_of(word: str) -> str:
    """Return the text of the shipped file of a word, which names the others beside it."""
    text = find_config(*SOURCES[word]).read_text()
    for name, path in LINKS.get(word, {}).items():
        text = text.replace(name, path)
    return text


def own_deployment(folder: Path, **replacements: tuple[str, str]) -> str:
    """Write robot.yaml, cell.yaml, task.yaml and deployment.yaml, which name one another.

    Args:
        folder: where they go.
        replacements: what is replaced in the shipped file of a word, and by what.

    Returns:
        The path of deployment.yaml.
    """
    for word in SOURCES:
        old, new = replacements.get(word, ('', ''))
        text = text_of(word)
        assert old in text
        (folder / f'{word}.yaml').write_text(text.replace(old, new) if old else text)
    return str(folder / 'deployment.yaml')


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
