"""Tensors in the answers of LeRobot's server, as PyTorch pickles them: a view of a storage.

The storage is written in PyTorch's older format (`torch.serialization._legacy_save`): five pickles
- a magic number, a version, the byte order, the storage's type and size, its key - and the bytes.
"""

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_policy_server.wire.errors import WireError
from vla_policy_server.wire.lerobot.pickled import Call, Name, PERSISTENT, read_pickle

TENSOR, STORAGE, HOOKS = (
    'torch._utils _rebuild_tensor_v2',
    'torch.storage _load_from_bytes',
    'collections OrderedDict',
)
"""What the pickle of a tensor names: the tensor, its storage, and an empty table of hooks."""

_MAGIC, _VERSION = 0x1950A86A20F9469CFC6C, 1001
_BFLOAT16 = 'torch BFloat16Storage'
_DTYPES: dict[str, np.dtype[Any]] = {
    'torch FloatStorage': np.dtype('<f4'),
    'torch DoubleStorage': np.dtype('<f8'),
    'torch HalfStorage': np.dtype('<f2'),
    _BFLOAT16: np.dtype('<u2'),
}
_MOST_OPERATIONS = 100  # 26 in the longest of the five pickles


class TensorReader:
    """Reads the tensors of one answer, whose steps share a storage that each of them repeats."""

    def __init__(self) -> None:
        """Begin without any storage."""
        self._storages: dict[bytes, NDArray[Any]] = {}

    def read(self, call: Any) -> NDArray[Any]:
        """Return a tensor of one dimension, shape (A,).

        Args:
            call: of `TENSOR`.

        Raises:
            WireError: it is none, of another shape, or reaches beyond its storage.
        """
        match call:
            case Call(
                name=str(name),
                arguments=(
                    Call(name=str(kind), arguments=(bytes(stored),)),
                    int(offset),
                    (int(size),),
                    (int(stride),),
                    bool(),
                    *_,
                ),
            ) if name == TENSOR and kind == STORAGE:
                storage = self._storage(stored)
                if min(offset, size, stride) < 0 or offset + (size - 1) * stride >= len(storage):
                    raise WireError('a tensor that reaches beyond its storage')
                # A step of 0 repeats one number: as long a tensor as the sender likes.
                if stride == 0 and size > 1:
                    raise WireError('a tensor that repeats one number')
                return storage[offset : offset + size * stride : max(stride, 1)][:size]
        raise WireError('an action that is no tensor of one dimension')

    def _storage(self, stored: bytes) -> NDArray[Any]:
        found = self._storages.get(stored)
        if found is None:
            found = self._storages[stored] = read_storage(stored)
        return found


def read_storage(stored: bytes) -> NDArray[Any]:
    """Return the numbers of a storage, shape (N,).

    Raises:
        WireError: it is none, holds no floating-point numbers, or lies on an accelerator.
    """
    stream = BytesIO(stored)
    magic, version, about, storage, keys = (
        read_pickle(stream, _DTYPES, _MOST_OPERATIONS) for _ in range(5)
    )
    if magic != _MAGIC or version != _VERSION:
        raise WireError("a storage that is not of PyTorch's format")
    if not isinstance(about, dict) or about.get('little_endian') is not True:
        raise WireError('a storage whose byte order is not little endian')
    match storage:
        case Call(
            name=str(name), arguments=('storage', Name(kind), str(key), 'cpu', int(count), None)
        ) if name == PERSISTENT and keys == [key]:
            return _numbers(stream.read(), kind, count)
    raise WireError('a storage that is not one of numbers on a CPU')


def _numbers(data: bytes, kind: str, count: int) -> NDArray[Any]:
    dtype = _DTYPES[kind]
    if count < 0 or data[:8] != count.to_bytes(8, 'little'):
        raise WireError(f'a storage that announces {count} numbers and holds another count')
    if len(data) - 8 != count * dtype.itemsize:
        raise WireError(f'a storage of {count} numbers with {len(data) - 8} bytes')
    numbers: NDArray[Any] = np.frombuffer(data, dtype, offset=8)
    if kind == _BFLOAT16:  # the upper half of a float32
        numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
    return numbers
