from contextlib import suppress
import io
from typing import Any

from gr00t_server import from_bytes, to_bytes
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
import msgpack
import numpy as np
import pytest
from vla_policy_server.wire.codec import DTYPES
from vla_policy_server.wire.errors import MessageRefusedError
from vla_policy_server.wire.gr00t.arrays import pack, unpack
from vla_policy_server.wire.structure import LIMITS

ANY = arrays.arrays(np.dtype('<f4'), arrays.array_shapes(min_dims=0, max_dims=5))


def packed(npy: Any) -> bytes:
    return bytes(msgpack.packb({'a': {'__ndarray_class__': True, 'as_npy': npy}}))


def saved(array: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


@given(ANY)
def test_arrays_pass_both_ways_through_numpys_own_functions(array):
    for found in (
        from_bytes(pack({'a': array}))['a'],
        unpack(to_bytes({'a': array}), LIMITS)['a'],
    ):
        assert found.dtype == array.dtype
        assert found.shape == array.shape
        assert np.array_equal(found, array, equal_nan=True)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_message_is_read_or_refused(changes):
    data = bytearray(to_bytes({'a': np.arange(12.0).reshape(3, 4), 'b': [np.zeros((1, 2), 'u1')]}))
    for where, byte in changes:
        data[where % len(data)] = byte
    with suppress(MessageRefusedError):
        unpack(bytes(data), LIMITS)


@pytest.mark.parametrize('dtype', sorted(DTYPES))
def test_every_type_passes(dtype):
    array = np.ones((2, 3), dtype)
    assert unpack(to_bytes(array), LIMITS).dtype == from_bytes(pack(array)).dtype == array.dtype


def test_the_order_of_columns_is_kept():
    array = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    assert (unpack(to_bytes(array), LIMITS) == array).all()
    assert (from_bytes(pack(array)) == array).all()


def test_a_configuration_is_read_as_values_and_as_json():
    said = {'delta_indices': [0], 'modality_keys': ['front']}
    for as_json in (said, '{"delta_indices": [0], "modality_keys": ["front"]}'):
        message = {'video': {'__ModalityConfig_class__': True, 'as_json': as_json}}
        assert unpack(msgpack.packb(message), LIMITS) == {'video': said}


GOOD = saved(np.zeros((2, 3)))


@pytest.mark.parametrize(
    ('npy', 'reason'),
    [
        (GOOD[:-1], r'shape \(2, 3\) and type float64 needs 48 bytes, found 47'),
        (GOOD + b'x', 'needs 48 bytes, found 49'),
        (GOOD.replace(b'(2, 3)', b'(9999999999, 3)').replace(b' ' * 9 + b'\n', b'\n'), 'needs'),
        (GOOD.replace(b'(2, 3)', b'(-2, 3)')[:-1], 'does not begin as numpy writes it'),
        (GOOD.replace(b'(2, 3)', b'exit()'), 'does not begin as numpy writes it'),
        (GOOD.replace(b"'<f8'", b"'>f8'"), "type '>f8'; allowed: <f2, "),
        (GOOD.replace(b"'<f8'", b"'|O8'"), r"type '\|O8'; allowed: <f2, "),
        (saved(np.array([{}]), allow_pickle=True), r"type '\|O'; allowed: <f2, "),
        (GOOD.replace(b'\x01\x00', b'\x09\x00', 1), 'does not begin as numpy writes it'),
        (b'\x93NUMPY', 'does not begin as numpy writes it'),
        (b'', 'does not begin as numpy writes it'),
        ('text', 'an array lacks its bytes; found str'),
        (None, 'an array lacks its bytes; found NoneType'),
    ],
)
def test_an_array_that_is_not_what_it_says_is_refused(npy, reason):
    with pytest.raises(MessageRefusedError, match=reason):
        unpack(packed(npy), LIMITS)


@pytest.mark.parametrize(
    ('as_json', 'reason'), [('{', 'the message is damaged'), ('[' * 100000, 'is damaged')]
)
def test_a_configuration_that_is_no_json_is_refused(as_json, reason):
    message = msgpack.packb({'__ModalityConfig_class__': True, 'as_json': as_json})
    with pytest.raises(MessageRefusedError, match=reason):
        unpack(message, LIMITS)


def test_what_is_no_array_of_numbers_is_not_sent():
    for value in (object(), np.array(['a']), np.array([{}])):
        with pytest.raises(TypeError, match='a message cannot hold'):
            pack({'a': value})
