"""Single values of a configuration replaced, by their dotted path."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from vla_contract.errors import SettingError, UnknownNameError

PARTS = ('robot', 'cell', 'policy', 'task')


def overridden(
    values: dict[str, Any], part: str, overrides: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return a copy of the values of a file with some replaced.

    Args:
        values: as read from YAML.
        part: which word the file describes; paths that begin with another are left alone.
        overrides: new values by path, such as `cell.cameras.top.rate_hz`: an entry of a list goes
            by its name.

    Raises:
        UnknownNameError: a list has no entry of that name.
        SettingError: a path leads through something that has no names.
    """
    values = deepcopy(values)
    for path, value in (overrides or {}).items():
        first, *inner = path.split('.')
        if first == part and inner:
            _replace(values, inner, value, path)
    return values


def _replace(values: Any, names: list[str], value: Any, path: str) -> None:
    for name in names[:-1]:
        values = _entry(values, name, path)
    if isinstance(values, list):
        values[values.index(_entry(values, names[-1], path))] = value
    elif isinstance(values, dict):
        values[names[-1]] = value
    else:
        raise SettingError('overrides', path, repr(values), 'a path to a named value')


def _entry(values: Any, name: str, path: str) -> Any:
    if isinstance(values, dict):
        return values.setdefault(name, {})
    if not isinstance(values, list):
        raise SettingError('overrides', path, repr(values), 'a path to a named value')
    named = {item.get('name'): item for item in values if isinstance(item, dict)}
    if name not in named:
        raise UnknownNameError('entry', name, f'overrides: {path}', map(str, named))
    return named[name]
