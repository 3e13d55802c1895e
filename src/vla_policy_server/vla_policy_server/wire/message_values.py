"""Values out of a message, checked: they are there, of the right kind and shape, and finite."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_policy_server.wire.errors import MessageRefusedError

Shape = tuple[int, ...]
_IMAGE_AXES = 3


def read_vector(message: dict[str, Any], key: str, width: int | None) -> NDArray[np.float64]:
    """Return finite numbers, shape (width,), or of any length for None.

    They may come as a list, and as a batch of one.

    Raises:
        MessageRefusedError: they are missing, something else, or not finite.
    """
    found = _required(message, key)
    value = _alone(as_array(found), 1)
    good = isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in 'fiu'
    if not good or (width is not None and len(value) != width):
        allowed = f'{width or "any number of"} numbers'
        raise MessageRefusedError(f'{key}: found {_describe(found)}; allowed: {allowed}')
    if not np.isfinite(value).all():
        raise MessageRefusedError(f'{key}: found numbers that are not finite')
    return np.asarray(value, dtype=np.float64)


def read_image(
    message: dict[str, Any], key: str, fits: Callable[[Shape], bool], allowed: str
) -> NDArray[np.uint8]:
    """Return a writable image, its axes as they come.

    It may come as a batch of one, and in floating-point numbers from 0 to 1, as openpi's servers
    take it.

    Args:
        message: where it is.
        key: its key.
        fits: whether a shape is good.
        allowed: says in words which are.

    Raises:
        MessageRefusedError: it is missing or something else.
    """
    value = _alone(_required(message, key), _IMAGE_AXES)
    kind = value.dtype.kind if isinstance(value, np.ndarray) else ''
    if not fits(np.shape(value) if kind else ()) or not (kind == 'f' or value.dtype == np.uint8):
        raise MessageRefusedError(f'{key}: found {_describe(value)}; allowed: uint8 {allowed}')
    if kind != 'f':
        return np.array(value)  # a message is read-only, and torch asks for what it can write to
    if not (np.min(value) >= 0.0 and np.max(value) <= 1.0):  # false for NaN
        raise MessageRefusedError(
            f'{key}: found {value.dtype} from {np.min(value):g} to {np.max(value):g}; allowed: '
            'uint8, or 0 to 1'
        )
    image: NDArray[np.uint8] = np.rint(255.0 * value.astype(np.float32)).astype(np.uint8)
    return image


def read_text(message: dict[str, Any], key: str) -> str:
    """Return a text, empty when there is none; UTF-8 and a list of one text are read.

    Raises:
        MessageRefusedError: it is something else.
    """
    found = message.get(key, '')
    value = found[0] if isinstance(found, list) and len(found) == 1 else found
    try:
        value = value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        raise MessageRefusedError(f'{key}: found bytes that are not UTF-8') from None
    if not isinstance(value, str):
        raise MessageRefusedError(f'{key}: found {type(found).__name__}; allowed: text')
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


def as_array(value: Any) -> Any:
    """Return a list of numbers, or of such lists, as an array; anything else as it is."""
    if not isinstance(value, list):
        return value
    try:
        array = np.array(value)
    except (ValueError, OverflowError):  # lists of several lengths
        return value
    return array if array.dtype.kind in 'fiu' else value


def _alone(value: Any, axes: int) -> Any:
    """Return the only entry of a batch of one."""
    is_batch = isinstance(value, np.ndarray) and value.ndim == axes + 1 and len(value) == 1
    return value[0] if is_batch else value


def _required(message: dict[str, Any], key: str) -> Any:
    if key not in message:
        known = ', '.join(f'{name!r:.60}' for name in list(message)[:16]) or 'nothing'
        raise MessageRefusedError(f'{key} is missing; the message has: {known}')
    return message[key]


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f'{value.dtype} {value.shape}'
    return type(value).__name__
