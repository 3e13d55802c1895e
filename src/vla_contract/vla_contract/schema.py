"""Strict dataclasses from YAML: unknown keys, wrong types and out-of-range values are refused.

A field declared with `setting` carries its documentation, unit and range. The same metadata
becomes a ROS parameter descriptor (see `vla_contract.ros.node.parameters`), so that a value is
described once.
"""

from collections.abc import Iterable
import dataclasses
import math
from pathlib import Path
import types
import typing
from typing import Any

from vla_contract.errors import did_you_mean, ResourceNotFoundError, SettingError, VlaError
import yaml

# Not every build of PyYAML has it.
_FAST_LOADER = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)


def setting(
    default: Any = dataclasses.MISSING,
    *,
    doc: str,
    unit: str = '',
    lower: float | None = None,
    upper: float | None = None,
    choices: tuple[str, ...] = (),
    dynamic: bool = False,
    while_active: bool = True,
) -> Any:
    """Declare a dataclass field with its documentation, unit and allowed values.

    Args:
        default: value when the key is absent; a field without default is required.
        doc: one line for `ros2 param describe` and the generated tables.
        unit: SI unit of the value, empty when it has none.
        lower: smallest allowed number, inclusive.
        upper: largest allowed number, inclusive.
        choices: allowed strings; empty allows any.
        dynamic: as a ROS parameter it may change while the node runs.
        while_active: a dynamic one may change also while the node is active.
    """
    metadata = {'doc': doc, 'unit': unit, 'lower': lower, 'upper': upper, 'choices': choices}
    metadata |= {'dynamic': dynamic, 'while_active': while_active}
    return dataclasses.field(default=default, metadata=metadata)


def load_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping.

    Raises:
        ResourceNotFoundError: there is no such file.
        VlaError: the file is not valid YAML or not a mapping.
    """
    content = load_document(path)
    if not isinstance(content, dict):
        found = type(content).__name__
        raise VlaError(f'{path} must be a mapping of names to values, found {found}')
    return content


def load_document(path: Path, what: str = 'configuration') -> Any:
    """Read any YAML.

    Raises:
        ResourceNotFoundError: there is no such file; calls it `what`.
        VlaError: the file is not valid YAML.
    """
    try:
        return _parsed(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        raise ResourceNotFoundError(what, path, 'check the name') from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        place = getattr(error, 'problem_mark', None)
        line = f' at line {place.line + 1}' if place else ''
        problem = getattr(error, 'problem', None) or 'it is not text'
        raise VlaError(f'{path} is not valid YAML{line}: {problem}') from None


def _parsed(text: str) -> Any:
    """Parse by libyaml, ten times as fast; what it refuses is left to the parser that says why."""
    try:
        return yaml.load(text, _FAST_LOADER)
    except yaml.YAMLError:
        return yaml.safe_load(text)


def build[T](cls: type[T], values: Any, where: str, prefix: str = '') -> T:
    """Build a dataclass from a mapping, checking every key, type and range.

    Args:
        cls: the dataclass to build; fields may be dataclasses or tuples of dataclasses.
        values: mapping of field names to plain YAML values.
        where: file or source named in error messages.
        prefix: dotted path of `values` inside `where`.

    Raises:
        SettingError: a key is unknown or missing, or a value has the wrong type or range.
    """
    if not isinstance(values, dict):
        name = prefix.rstrip('.') or cls.__name__
        raise SettingError(where, name, _describe(values), 'a mapping of names to values')
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for key in values:
        if key not in fields:
            raise unknown_name(where, f'{prefix}{key}', str(key), fields)
    hints = typing.get_type_hints(cls)
    built = {}
    for name, field in fields.items():
        if name in values:
            built[name] = convert(hints[name], values[name], field, where, prefix + name)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise SettingError(where, f'{prefix}{name}', 'nothing', _allowed(hints[name], field))
    return cls(**built)


def check_settings(values: Any, where: str) -> None:
    """Check the settings of a dataclass that something else has built, such as LeRobot's parser.

    Args:
        values: the dataclass; fields without `setting` are left alone.
        where: they stand, for the error.

    Raises:
        SettingError: one is of the wrong type or out of range.
    """
    hints = typing.get_type_hints(type(values))
    for field in dataclasses.fields(values):
        if 'doc' in field.metadata:
            found = getattr(values, field.name)
            convert(hints[field.name], found, field, where, field.name)


def unknown_name(where: str, path: str, name: str, known: Iterable[str]) -> SettingError:
    """Return the error for a name that a configuration does not have.

    Args:
        where: file or node.
        path: name with what it stands in.
        name: the name alone.
        known: names that there are.
    """
    names = list(known)
    meant = did_you_mean(name, names)
    found = f'an unknown name ({meant})' if meant else 'an unknown name'
    return SettingError(where, path, found, ', '.join(names))


def convert(hint: Any, value: Any, field: 'dataclasses.Field[Any]', where: str, name: str) -> Any:
    """Check one value against a type hint and a field's metadata; return it converted.

    Raises:
        SettingError: the value has the wrong type or lies outside the field's range.
    """
    if isinstance(hint, types.UnionType):
        if value is None:
            return None
        options = [arg for arg in typing.get_args(hint) if arg is not type(None)]
        hint = next((option for option in options if option is type(value)), options[0])
    if hint is Any:
        return value
    if dataclasses.is_dataclass(hint):
        if isinstance(value, typing.cast(type[Any], hint)):
            return value
        return build(typing.cast(type[Any], hint), value, where, name + '.')
    origin = typing.get_origin(hint)
    if origin is tuple:
        return _convert_tuple(hint, value, field, where, name)
    if origin is dict and isinstance(value, dict):
        inner = typing.get_args(hint)[1]
        return {k: convert(inner, v, field, where, f'{name}.{k}') for k, v in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if origin is dict or type(value) is not hint or not _in_range(value, field):
        raise SettingError(where, name, _describe(value), _allowed(hint, field))
    return value


def _convert_tuple(
    hint: Any, value: Any, field: 'dataclasses.Field[Any]', where: str, name: str
) -> tuple[Any, ...]:
    inner = typing.get_args(hint)
    variadic = len(inner) == 2 and inner[1] is Ellipsis
    if not isinstance(value, list | tuple) or not (variadic or len(value) == len(inner)):
        raise SettingError(where, name, _describe(value), _allowed(hint, field))
    kinds = [inner[0]] * len(value) if variadic else inner
    return tuple(
        convert(kind, item, field, where, f'{name}[{i}]')
        for i, (kind, item) in enumerate(zip(kinds, value, strict=True))
    )


def _in_range(value: Any, field: 'dataclasses.Field[Any]') -> bool:
    limits = field.metadata
    if isinstance(value, str):
        return not limits.get('choices') or value in limits['choices']
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    lower, upper = limits.get('lower'), limits.get('upper')
    return (
        math.isfinite(value)
        and (lower is None or value >= lower)
        and (upper is None or value <= upper)
    )


def _allowed(hint: Any, field: 'dataclasses.Field[Any]') -> str:
    """Say in words what a field accepts, e.g. 'float in [0, 1] [s]'."""
    limits = field.metadata
    if limits.get('choices'):
        return ' or '.join(limits['choices'])
    text = getattr(hint, '__name__', str(hint)) if not typing.get_args(hint) else str(hint)
    lower, upper = limits.get('lower'), limits.get('upper')
    if lower is not None or upper is not None:
        low = '-inf' if lower is None else f'{lower:g}'
        high = 'inf' if upper is None else f'{upper:g}'
        text += f' in [{low}, {high}]'
    return text + (f' [{limits["unit"]}]' if limits.get('unit') else '')


def _describe(value: Any) -> str:
    return f'{value!r} ({type(value).__name__})'
