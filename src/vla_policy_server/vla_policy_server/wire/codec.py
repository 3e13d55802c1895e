"""Messages as bytes: MessagePack with numpy arrays, in the very form of openpi.

An array is a map of b'__ndarray__', b'data' (its bytes, C order), b'dtype' and b'shape'; a numpy
scalar a map of b'__npgeneric__', b'data' and b'dtype' (openpi_client/msgpack_numpy.py). Read are
also arrays of the package msgpack-numpy (b'nd', b'type', b'kind'), keys that are texts, numbers of
the other byte order, and an array of a single text. There is no pickle, hence no object arrays,
and nothing in a message can name code to run.
"""

from math import prod
import re
from typing import Any, TypeGuard

import msgpack
import numpy as np
from vla_policy_server.wire.errors import MessageRefusedError
from vla_policy_server.wire.structure import check_structure, WireLimits

DTYPES = frozenset(
    ['|b1', '|u1', '|i1']
    + [f'<{kind}{size}' for kind in 'ui' for size in (2, 4, 8)]
    + [f'<f{size}' for size in (2, 4, 8)]
)
"""Types of arrays that are accepted, as numpy writes them."""

_MAX_DIMENSIONS = 8
_ARRAY, _SCALAR = b'__ndarray__', b'__npgeneric__'
_DATA, _DTYPE, _SHAPE = b'data', b'dtype', b'shape'
_ND, _TYPE, _KIND = b'nd', b'type', b'kind'  # of the package msgpack-numpy
_TEXT = re.compile(r'[<>]U\d{1,5}|\|S\d{1,5}')


def pack(message: dict[str, Any]) -> bytes:
    """Return a message as bytes.

    Raises:
        TypeError: it holds something that is neither plain data nor a numeric array.
    """
    return bytes(msgpack.packb(message, default=_from_numpy))


def unpack(data: bytes, limits: WireLimits) -> dict[str, Any]:
    """Return the message in `data`; its arrays are read-only views of `data`.

    Raises:
        MessageRefusedError: `data` is not a message within limits, or has an array whose type is
            not in `DTYPES` or whose size is not that of its bytes.
    """
    check_structure(data, limits)
    try:
        message = msgpack.unpackb(data, object_hook=_to_numpy, strict_map_key=True)
    except MessageRefusedError:
        raise
    except (ValueError, TypeError) as error:  # text that is not UTF-8, keys that are not text
        raise MessageRefusedError(f'the message is damaged: {error}') from None
    if not isinstance(message, dict):
        raise MessageRefusedError(f'the message is a {type(message).__name__}, not a map')
    return message


def _from_numpy(value: Any) -> Any:
    if not isinstance(value, np.ndarray | np.generic):
        raise TypeError(f'a message cannot hold a {type(value).__name__}')
    dtype = value.dtype.newbyteorder('<').str
    if dtype not in DTYPES:
        raise TypeError(f'a message cannot hold numpy values of type {value.dtype}')
    if isinstance(value, np.generic):
        return {_SCALAR: True, _DATA: value.item(), _DTYPE: dtype}
    content = value.astype(dtype, copy=False).tobytes()
    return {_ARRAY: True, _DATA: content, _DTYPE: dtype, _SHAPE: value.shape}


def _to_numpy(value: dict[Any, Any]) -> Any:
    if _has(value, _ARRAY):
        return _array(_get(value, _DATA), _get(value, _DTYPE), _get(value, _SHAPE))
    if _has(value, _SCALAR):
        return _scalar(value)
    if _has(value, _ND) and _has(value, _TYPE) and _has(value, _DATA):
        return _array_of_msgpack_numpy(value)
    return value


def _array_of_msgpack_numpy(value: dict[Any, Any]) -> Any:
    if _get(value, _KIND) not in (b'', '', None):
        raise MessageRefusedError('an array of records or objects; allowed: numbers')
    if _get(value, _ND) is True:
        return _array(_get(value, _DATA), _get(value, _TYPE), _get(value, _SHAPE))
    return _array(_get(value, _DATA), _get(value, _TYPE), [])[()]


def _array(data: Any, name: Any, shape: Any) -> Any:
    """Return an array, or the text in an array of one text."""
    if isinstance(name, str) and _TEXT.fullmatch(name):
        return _text(data, np.dtype(name), shape)
    dtype = _known_dtype(name)
    if not isinstance(data, bytes) or not _is_shape(shape):
        raise MessageRefusedError('an array lacks its data or its shape')
    needed = prod(shape) * dtype.itemsize
    if needed != len(data):
        raise MessageRefusedError(
            f'an array of shape {shape} and type {dtype} needs {needed} bytes, found {len(data)}'
        )
    array = np.frombuffer(data, dtype).reshape(shape)
    return array.astype(dtype.newbyteorder('<'), copy=False)


def _text(data: Any, dtype: 'np.dtype[Any]', shape: Any) -> str:
    if not _is_shape(shape) or prod(shape) != 1 or not isinstance(data, bytes):
        raise MessageRefusedError(f'an array of type {dtype.str}; allowed: numbers, or one text')
    if len(data) != dtype.itemsize:
        raise MessageRefusedError(f'a text of {dtype.itemsize} bytes with {len(data)}')
    # Not by numpy, which makes strings of what is no character.
    encoding = {'S': 'utf-8', '<': 'utf-32-le', '>': 'utf-32-be'}
    name = 'S' if dtype.kind == 'S' else dtype.str[0]
    return data.decode(encoding[name]).rstrip('\0')


def _scalar(value: dict[Any, Any]) -> Any:
    content = _get(value, _DATA)
    if isinstance(content, str):  # openpi sends numpy strings so
        return content
    dtype = _known_dtype(_get(value, _DTYPE))
    if not isinstance(content, bool | int | float):
        raise MessageRefusedError(f'a number of type {dtype} is a {type(content).__name__}')
    try:
        return dtype.type(content)
    except (OverflowError, ValueError):  # also nan as an integer
        raise MessageRefusedError(f'{content} is no {dtype}') from None


def _known_dtype(name: Any) -> 'np.dtype[Any]':
    if not isinstance(name, str) or name.replace('>', '<', 1) not in DTYPES:
        raise MessageRefusedError(
            f'an array has type {name!r:.40}; allowed: {", ".join(sorted(DTYPES))}'
        )
    return np.dtype(name)


def _has(value: dict[Any, Any], key: bytes) -> bool:
    return key in value or key.decode() in value


def _get(value: dict[Any, Any], key: bytes) -> Any:
    """Return what is under a key, which other packers write as text."""
    return value.get(key, value.get(key.decode()))


def _is_shape(shape: Any) -> TypeGuard[list[int]]:
    return (
        isinstance(shape, list)
        and len(shape) <= _MAX_DIMENSIONS
        and all(type(side) is int and side >= 0 for side in shape)
    )
