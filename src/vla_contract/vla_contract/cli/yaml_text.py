"""YAML as people write it: one value a line with a remark, short tables in one line each."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import yaml

_WIDTH = 96


def number(value: float, digits: int = 6) -> str:
    """Return a number as YAML reads a float, with that many decimals at most."""
    text = f'{round(float(value), digits) + 0.0:.{digits}f}'.rstrip('0')
    return f'{text}0' if text.endswith('.') else text


def flow(value: Any) -> str:
    """Return a value in one line: {key: value}, [a, b], a name, a number."""
    if isinstance(value, Mapping):
        return '{' + ', '.join(f'{flow(key)}: {flow(item)}' for key, item in value.items()) + '}'
    if isinstance(value, np.ndarray | Sequence) and not isinstance(value, str):
        return '[' + ', '.join(map(flow, value)) + ']'
    if isinstance(value, float):
        return number(value, 5)
    # In a list of one the ends of a document do not come after a name.
    return yaml.safe_dump([value], default_flow_style=True, width=1000).strip()[1:-1]


def rows(values: Iterable[Mapping[str, Any]], indent: int) -> list[str]:
    """Return the entries of a list, each in one line, or a key a line where that is too long."""
    lines = []
    for entry in values:
        line = f'{" " * indent}- {flow(entry)}'
        lines += [line] if len(line) <= _WIDTH else block(entry, indent)
    return lines


def block(entry: Mapping[str, Any], indent: int) -> list[str]:
    """Return the entry of a list with a key a line."""
    starts = [' ' * indent + '- ', *[' ' * (indent + 2)] * (len(entry) - 1)]
    pairs = zip(starts, entry.items(), strict=True)
    return [line for start, (key, value) in pairs for line in _wrapped(f'{start}{key}: ', value)]


def _wrapped(start: str, value: Any) -> list[str]:
    line = start + flow(value)
    if len(line) <= _WIDTH or not isinstance(value, list | tuple):
        return [line]
    items, inner = [flow(item) for item in value], ' ' * len(start)
    lines, current = [], f'{start}['
    for position, item in enumerate(items):
        word = item + (']' if position == len(items) - 1 else ', ')
        if len(current) + len(word.rstrip()) > _WIDTH:
            lines.append(current.rstrip())
            current = f'{inner} '
        current += word
    return [*lines, current]


def remarked(key: str, value: str, remark: str, indent: int) -> str:
    """Return a key with its value and, in a column, what is to be said of it."""
    line = f'{" " * indent}{key}: {value}'
    return f'{line:<32}# {remark}' if remark else line
