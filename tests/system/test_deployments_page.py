"""docs/deployments.md has every key of the five files, as the loader reads them."""

from collections.abc import Iterator
import dataclasses
import typing
from typing import Any

from package_facts import ROOT
import pytest
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import DeploymentFile
from vla_contract.deployment.policy_file import PolicyFile
from vla_contract.deployment.robot import Robot
from vla_contract.deployment.task import Task
from vla_sim_bridge.scene.simulated_task import SimulatedTask

PAGE = (ROOT / 'docs' / 'deployments.md').read_text()
# What is read, and what stands before its keys.
KINDS: dict[type[Any], str] = {
    DeploymentFile: '',
    Cell: '',
    Robot: '',
    PolicyFile: '',
    Task: '',
    SimulatedTask: 'simulation.',
}
# Filled on load, or refused there.
LEFT_OUT = (
    'sha256',
    'state[].end_effector',
    'simulation.instruction',
    'simulation.folder',
    'folder',
    'model.folder',
    'channels[].prefix',
    'model.parts[].folder',
)
# Keys of another file.
ELSEWHERE = ('robots[].robot',)


def key_table(kind: type[Any]) -> str:
    """Return a Markdown table of the keys of a file: dotted, `[]` where a list holds them."""
    heads = '| key | unit | default | what it says |\n| --- | --- | --- | --- |\n'
    return heads + '\n'.join(f'| {" | ".join(row)} |' for row in _rows(kind, KINDS[kind]))


def _rows(kind: type[Any], prefix: str) -> Iterator[tuple[str, ...]]:
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        facts, key = field.metadata, prefix + field.name
        inner, is_list = _inner(hints[field.name])
        if key in LEFT_OUT:
            continue
        says, choices = facts['doc'], facts.get('choices', ())
        if not all(choice in says for choice in choices):
            says += f' ({", ".join(choices)})'
        yield f'`{key}`', facts.get('unit') or '-', _default(field), says
        if inner is not None and key not in ELSEWHERE:
            yield from _rows(inner, f'{key}[].' if is_list else f'{key}.')


def _inner(hint: Any) -> tuple[type[Any] | None, bool]:
    """Return the dataclass of a field, if it has one, and whether a list holds it."""
    parts = [part for part in (hint, *typing.get_args(hint)) if dataclasses.is_dataclass(part)]
    return (parts[0] if parts else None), typing.get_origin(hint) is tuple


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return f'`{_flow(field.default_factory())}`'
    return 'needed' if field.default is dataclasses.MISSING else f'`{_flow(field.default)}`'


def _flow(value: Any) -> str:
    """Write a value as YAML does in one line; of a dataclass what is not its own default."""
    if dataclasses.is_dataclass(value):
        own = [f for f in dataclasses.fields(value) if getattr(value, f.name) != f.default]
        return f'{{{", ".join(f"{f.name}: {_flow(getattr(value, f.name))}" for f in own)}}}'
    if isinstance(value, list | tuple):
        return f'[{", ".join(map(_flow, value))}]'
    if value is None or isinstance(value, bool):
        return 'null' if value is None else str(value).lower()
    return f'{value}' if value != '' else "''"


@pytest.mark.parametrize('kind', KINDS)
def test_the_page_has_every_key(kind):
    table = key_table(kind)
    assert table in PAGE, f'the new table:\n\n{table}'
