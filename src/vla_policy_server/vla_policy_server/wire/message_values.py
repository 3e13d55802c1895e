"""Values out of a message, checked: they are there, of the right kind and shape, and finite."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_policy_server.wire.errors import MessageRefusedError

Shape = tuple[int, ...]


def read_vector(message: dict[str, Any], key: str, width: int | None) -> NDArray[np.float64]:
    """Return finite numbers, shape (width,), or of any length for None.

    Raises:
        MessageRefusedError: they are missing, something else, or not finite.
    """
    value = _required(message, key)
    good = isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in 'fiu'
    if not good or (width is not None and len(value) != width):
        allowed = f'{width or "any number of"} numbers'
        raise MessageRefusedError(f'{key}: found {_describe(value)}; allowed: {allowed}')
    if not np.isfinite(value).all():
        raise MessageRefusedError(f'{key}: found numbers that are not finite')
    return np.asarray(value, dtype=np.float64)


def read_image(
    message: dict[str, Any], key: str, fits: Callable[[Shape], bool], allowed: str
) -> NDArray[np.uint8]:
    """Return a writable image, its axes as they come.

    Args:
        message: where it is.
        key: its key.
        fits: whether a shape is good.
        allowed: says in words which are.

    Raises:
        MessageRefusedError: it is missing or something else.
    """
    value = _required(message, key)
    if not isinstance(value, np.ndarray) or value.dtype != np.uint8 or not fits(value.shape):
        raise MessageRefusedError(f'{key}: found {_describe(value)}; allowed: uint8 {allowed}')
    return value.copy()  # a message is read-only, and torch asks for arrays it could write to


def read_text(message: dict[str, Any], key: str) -> str:
    """Return a text, empty when there is none.

    Raises:
        MessageRefusedError: it is something else.
    """
    value = message.get(key, '')
    if not isinstance(value, str):
        raise MessageRefusedError(f'{key}: found {type(value).__name__}; allowed: text')
    return value


def read_map(message: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a map.

    Raises:
        MessageRefusedError: it is missing or something else.
    """
    value = _required(message, key)
    if not isinstance(value, dict):
        raise MessageRefusedError(f'{key}: found {_describe(value)}; allowed: a map')
    return value


def read_maps(message: dict[str, Any], key: str, most: int) -> list[dict[str, Any]]:
    """Return a list of maps, as many as there are up to a number.

    Raises:
        MessageRefusedError: it is missing, something else, or longer.
    """
    value = _required(message, key)
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise MessageRefusedError(f'{key}: found {_describe(value)}; allowed: a list of maps')
    if len(value) > most:
        raise MessageRefusedError(f'{key}: found {len(value)} entries; allowed: up to {most}')
    return value


def _required(message: dict[str, Any], key: str) -> Any:
    if key not in message:
        known = ', '.join(f'{name!r:.60}' for name in list(message)[:16]) or 'nothing'
        raise MessageRefusedError(f'{key} is missing; the message has: {known}')
    return message[key]


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f'{value.dtype} {value.shape}'
    return type(value).__name__
