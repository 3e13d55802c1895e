"""Functions that packages offer by name, here or from outside, without importing each other.

A package offers one by an entry point of a group, `name = module:function`, in its setup.py or
pyproject.toml; where no name is enough, 'module:function' itself names it.
"""

from collections.abc import Callable
import importlib
from importlib.metadata import entry_points
from typing import Any

from vla_contract.errors import UnknownNameError, VlaError


def plugin(group: str, name: str, kind: str) -> Callable[..., Any]:
    """Return the function of a name; its module is imported only now.

    Args:
        group: of the entry points, such as 'vla_backends'.
        name: of one of them, or 'module:function'.
        kind: what it is, for error messages.

    Raises:
        UnknownNameError: nobody offers that name.
        VlaError: its module cannot be imported, or lacks the function.
    """
    offered = {entry.name: entry.value for entry in entry_points(group=group)}
    target = offered.get(name, name if ':' in name else '')
    if not target:
        raise UnknownNameError(kind, name, group, offered)
    module, _, attribute = target.partition(':')
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise VlaError(f"{kind} '{name}' cannot be imported: {error}") from error
    return found
