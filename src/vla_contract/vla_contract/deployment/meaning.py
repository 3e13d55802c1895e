"""The hash of what a configuration means; comments and the order of keys change nothing.

Values at their default are left out. So it does not matter whether a default is written, and a
field that a later version adds leaves the hashes of older files as they are; a default of a field
that there is must therefore never change within a version of the format.
"""

import dataclasses
import hashlib
import json
from typing import Any

SHA256 = 'sha256'
# Filled on load: the hash itself, and where on this machine a file lies.
_NOT_MEANT = (SHA256, 'folder')


def meaning_sha256(configuration: Any) -> str:
    """Return the SHA-256 of a configuration's values as 64 hexadecimal digits.

    Args:
        configuration: a dataclass, or nested mappings and lists of plain values; fields named
            sha256 are left out, so that a hash may be kept in what it is of, and those named
            folder, which differ from machine to machine.
    """
    text = json.dumps(_plain(configuration), sort_keys=True, separators=(',', ':'))
    return hashlib.sha256(text.encode()).hexdigest()


def with_hash[T](configuration: T) -> T:
    """Return a dataclass with its field sha256 filled."""
    found = meaning_sha256(configuration)
    return dataclasses.replace(configuration, **{SHA256: found})  # type: ignore[type-var]


def _default(field: dataclasses.Field[Any]) -> Any:
    """Return the default of a field; for one without, something that no value equals."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        fields = [field for field in dataclasses.fields(value) if field.name not in _NOT_MEANT]
        values = {field.name: _plain(getattr(value, field.name)) for field in fields}
        defaults = {field.name: _plain(_default(field)) for field in fields}
        return {name: found for name, found in values.items() if found != defaults[name]}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
