"""Messages of GR00T as bytes: MessagePack, with arrays in numpy's file format.

An array is a map of '__ndarray_class__' and 'as_npy', the bytes of `np.save`; the configuration of
a modality one of '__ModalityConfig_class__' and 'as_json', plain values or, in N1.5, their JSON
(MsgSerializer of gr00t/policy/server_client.py and gr00t/eval/service.py). The header of an array
is read by a pattern and compared with its bytes before anything is allocated; there is no pickle.
"""

import io
import json
from math import prod
import re
from typing import Any, Literal

import msgpack
import numpy as np
from vla_policy_server.wire.codec import DTYPES
from vla_policy_server.wire.errors import MessageRefusedError
from vla_policy_server.wire.structure import check_structure, WireLimits

_ARRAY, _BYTES = '__ndarray_class__', 'as_npy'
_CONFIG, _JSON = '__ModalityConfig_class__', 'as_json'
_MAX_DIMENSIONS = 8
# What `np.save` writes before the numbers: version 1.0, the length of the header, the header.
_START = b'\x93NUMPY\x01\x00'
_HEADER = re.compile(
    rb"\{'descr': '(?P<descr>[^']{2,4})', 'fortran_order': (?P<order>True|False), "
    rb"'shape': \((?P<shape>(\d{1,10}(, \d{1,10}){0,31},?)?)\), \} *\n"
)


def pack(message: Any) -> bytes:
    """Return a message as bytes.

    Raises:
        TypeError: it holds something that is neither plain data nor a numeric array.
    """
    return bytes(msgpack.packb(message, default=_from_numpy))


def unpack(data: bytes, limits: WireLimits) -> Any:
    """Return the message in `data`; its arrays are read-only views.

    Raises:
        MessageRefusedError: `data` is not a message within limits, or has an array whose type is
            not in `DTYPES` or whose size is not that of its bytes.
    """
    check_structure(data, limits)
    try:
        return msgpack.unpackb(data, object_hook=_to_numpy, strict_map_key=True)
    except MessageRefusedError:
        raise
    except (ValueError, TypeError, RecursionError) as error:
        raise MessageRefusedError(f'the message is damaged: {error}') from None


def _from_numpy(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        raise TypeError(f'a message cannot hold a {type(value).__name__}')
    if value.dtype.newbyteorder('<').str not in DTYPES:
        raise TypeError(f'a message cannot hold numpy values of type {value.dtype}')
    content = io.BytesIO()
    np.save(content, value, allow_pickle=False)
    return {_ARRAY: True, _BYTES: content.getvalue()}


def _to_numpy(value: dict[Any, Any]) -> Any:
    if _ARRAY in value:
        return _array(value.get(_BYTES))
    if _CONFIG in value:
        said = value.get(_JSON)
        return json.loads(said) if isinstance(said, str) else said
    return value


def _array(data: Any) -> np.ndarray[Any, Any]:
    if not isinstance(data, bytes):
        raise MessageRefusedError(f'an array lacks its bytes; found {type(data).__name__}')
    begin = len(_START) + 2
    end = begin + int.from_bytes(data[len(_START) : begin], 'little')
    header = _HEADER.fullmatch(data[begin:end]) if data.startswith(_START) else None
    if header is None:
        raise MessageRefusedError(f'an array does not begin as numpy writes it: {data[:40]!r}')
    descr = header['descr'].decode('latin-1')
    if descr not in DTYPES:
        raise MessageRefusedError(
            f'an array has type {descr!r}; allowed: {", ".join(sorted(DTYPES))}'
        )
    dtype, shape = np.dtype(descr), tuple(map(int, re.findall(rb'\d+', header['shape'])))
    found, needed = len(data) - end, prod(shape) * dtype.itemsize
    if needed != found or len(shape) > _MAX_DIMENSIONS:
        raise MessageRefusedError(
            f'an array of shape {shape} and type {dtype} needs {needed} bytes, found {found}'
        )
    order: Literal['C', 'F'] = 'F' if header['order'] == b'True' else 'C'
    return np.frombuffer(data, dtype, offset=end).reshape(shape, order=order)
