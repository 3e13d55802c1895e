"""What packages offer by name, here or from outside, without importing each other.

A package offers a function or an object by an entry point of a group, `name = module:attribute`,
in its setup.py or pyproject.toml; where no name is enough, 'module:attribute' itself names it.
"""

from functools import cache
import importlib
from importlib.metadata import entry_points, EntryPoints
import sys
from typing import Any

from vla_contract.errors import UnknownNameError, VlaError


def offered_in(group: str) -> EntryPoints:
    """Return the entry points of a group; all files are read once for the same `sys.path`."""
    return _entry_points(tuple(sys.path)).select(group=group)


@cache
def _entry_points(path: tuple[str, ...]) -> EntryPoints:
    return entry_points()


def plugin(group: str, name: str, kind: str) -> Any:
    """Return what is offered by a name; its module is imported only now.

    Args:
        group: of the entry points, such as 'vla_backends'.
        name: of one of them, or 'module:attribute'.
        kind: what it is, for error messages.

    Raises:
        UnknownNameError: nobody offers that name.
        VlaError: its module cannot be imported, or lacks the attribute.
    """
    offered = {entry.name: entry.value for entry in offered_in(group)}
    target = offered.get(name, name if ':' in name else '')
    if not target:
        raise UnknownNameError(kind, name, group, offered)
    module, _, attribute = target.partition(':')
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise VlaError(f"{kind} '{name}' cannot be imported: {error}") from error


@cache
def plugins(group: str, kind: str) -> tuple[Any, ...]:
    """Return everything that is offered in a group, by name.

    Raises:
        VlaError: a module cannot be imported, or lacks what it offers.
    """
    names = sorted(entry.name for entry in offered_in(group))
    return tuple(plugin(group, name, kind) for name in names)
