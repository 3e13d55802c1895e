"""What `--help` of a node says: what it is, how it is started, and its parameters."""

import dataclasses
import inspect
from itertools import takewhile
import sys
from typing import Any

_WORDS = ('-h', '--help')


def own_arguments(arguments: list[str]) -> list[str]:
    """Return what comes before --ros-args, of which a node takes --help alone."""
    return list(takewhile(lambda word: word != '--ros-args', arguments))


def wants_help(arguments: list[str]) -> bool:
    """Return whether a node was asked what it is instead of being started."""
    return any(word in _WORDS for word in own_arguments(arguments))


def node_help(node_type: type[Any]) -> str:
    """Return the text: usage, docstring of the node's module, parameters with their ranges.

    Args:
        node_type: class of the node, with `settings_type`.
    """
    module = sys.modules[node_type.__module__]
    spec = module.__spec__
    name = spec.name if spec else node_type.__module__
    parameters = [_parameter(field) for field in dataclasses.fields(node_type.settings_type)]
    return '\n'.join(
        [
            f'usage: python -m {name} --ros-args [-p NAME:=VALUE ...] [--params-file FILE]',
            '',
            inspect.getdoc(module) or '',
            inspect.getdoc(node_type) or '',
            '',
            'parameters:',
            "  autostart (default: False)  configure and activate at start; else by the node's",
            '    lifecycle services',
            *parameters,
        ]
    )


def _parameter(field: 'dataclasses.Field[Any]') -> str:
    facts = field.metadata
    is_required = field.default is dataclasses.MISSING
    value = 'required' if is_required else f'default: {field.default!r}'
    unit = f' [{facts["unit"]}]' if facts['unit'] else ''
    return f'  {field.name} ({value})  {facts["doc"]}{unit}{_range(facts)}'


def _range(facts: Any) -> str:
    if facts['choices']:
        return f'; one of {", ".join(facts["choices"])}'
    lower, upper = facts['lower'], facts['upper']
    if lower is not None and upper is not None:
        return f'; {lower:g} to {upper:g}'
    if lower is not None:
        return f'; from {lower:g} up'
    return f'; up to {upper:g}' if upper is not None else ''
