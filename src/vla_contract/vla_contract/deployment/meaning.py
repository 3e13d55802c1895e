"""The hash of what a configuration means; comments and the order of keys change nothing."""

import dataclasses
import hashlib
import json
from typing import Any

SHA256 = 'sha256'


def meaning_sha256(configuration: Any) -> str:
    """Return the SHA-256 of a configuration's values as 64 hexadecimal digits.

    Args:
        configuration: a dataclass, or nested mappings and lists of plain values; fields named
            sha256 are left out, so that a hash may be kept in what it is of.
    """
    text = json.dumps(_plain(configuration), sort_keys=True, separators=(',', ':'))
    return hashlib.sha256(text.encode()).hexdigest()


def with_hash[T](configuration: T) -> T:
    """Return a dataclass with its field sha256 filled."""
    found = meaning_sha256(configuration)
    return dataclasses.replace(configuration, **{SHA256: found})  # type: ignore[type-var]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        fields = (field.name for field in dataclasses.fields(value))
        return {name: _plain(getattr(value, name)) for name in fields if name != SHA256}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
