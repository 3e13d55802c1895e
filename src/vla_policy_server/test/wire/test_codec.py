from contextlib import suppress
import math
import pickle

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import msgpack
import numpy as np
from openpi_client import msgpack_numpy
import pytest
from vla_policy_server.wire.codec import DTYPES, pack, unpack
from vla_policy_server.wire.errors import MessageRefusedError
from vla_policy_server.wire.structure import check_structure, WireLimits

LIMITS = WireLimits()
ARRAYS = hnp.arrays(
    st.sampled_from(sorted(DTYPES)), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0)
)
PLAIN = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text()
VALUES = st.recursive(
    PLAIN | st.binary() | ARRAYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
MESSAGES = st.dictionaries(st.text(), VALUES, max_size=4)
DEEP = WireLimits(depth=64)


def packed_array(**changes: object) -> bytes:
    array = {b'__ndarray__': True, b'data': bytes(8), b'dtype': '<f4', b'shape': [2]}
    array |= {key.encode(): value for key, value in changes.items()}
    return bytes(msgpack.packb({'state': array}))


def same(left: object, right: object) -> bool:
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, np.ndarray):
        bits = left.tobytes() == right.tobytes()
        return bits and left.dtype == right.dtype and left.shape == right.shape
    return left == right or (left != left and right != right)


@given(MESSAGES)
@settings(deadline=None)
def test_the_bytes_are_those_of_openpi(message):
    assert pack(message) == msgpack_numpy.packb(message)


@given(MESSAGES)
@settings(deadline=None)
def test_what_openpi_packs_is_unpacked_unchanged(message):
    assert same(unpack(msgpack_numpy.packb(message), DEEP), message)


@given(MESSAGES)
@settings(deadline=None)
def test_what_we_pack_openpi_unpacks_unchanged(message):
    assert same(msgpack_numpy.unpackb(pack(message)), message)


@given(MESSAGES, st.data())
@settings(deadline=None)
def test_a_truncated_message_is_refused(message, data):
    packed = pack(message)
    cut = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises(MessageRefusedError):
        unpack(packed[:cut], DEEP)


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=500)
def test_garbage_is_refused_or_a_map(garbage):
    with suppress(MessageRefusedError):
        assert isinstance(unpack(garbage, LIMITS), dict)


@given(st.binary(max_size=100))
@settings(deadline=None, max_examples=500)
def test_the_walk_accepts_what_msgpack_reads(garbage):
    """The oracle is msgpack's own reader: whatever passes the walk, it reads to the end."""
    try:
        check_structure(garbage, LIMITS)
    except MessageRefusedError:
        return
    with suppress(TypeError):  # a list as a key; nothing else may be wrong
        msgpack.unpackb(garbage, strict_map_key=False, raw=True)


def test_numpy_scalars_keep_their_type():
    message = unpack(msgpack_numpy.packb({'a': np.float32(0.1), 'b': np.str_('lift')}), LIMITS)
    assert type(message['a']) is np.float32
    assert message['a'] == np.float32(0.1)
    assert message['b'] == 'lift'


def test_big_endian_arrays_arrive_with_their_values():
    array = np.arange(3, dtype='>f4')
    assert (unpack(pack({'a': array}), LIMITS)['a'] == array).all()


def other_dialect(value: object) -> object:
    """Pack numpy as the package msgpack-numpy 0.4.8 does: `encode` of its source."""
    if isinstance(value, np.ndarray):
        kind = {'V': b'V', 'O': b'O'}.get(value.dtype.kind, b'')
        about = {b'nd': True, b'type': value.dtype.str, b'kind': kind}
        return {**about, b'shape': value.shape, b'data': value.tobytes()}
    if isinstance(value, np.bool_ | np.number):
        return {b'nd': False, b'type': value.dtype.str, b'data': value.tobytes()}
    raise TypeError(value)


def test_arrays_of_msgpack_numpy_are_read():
    message = {'a': np.arange(6.0).reshape(2, 3), 'b': np.float32(0.5), 'c': np.zeros(3, '>f4')}
    packed = bytes(msgpack.packb(message, default=other_dialect))
    found = unpack(packed, LIMITS)
    assert same(found['a'], message['a'])
    assert (type(found['b']), found['b']) == (np.float32, 0.5)
    assert same(found['c'], message['c'].astype('<f4'))


def test_arrays_whose_keys_are_texts_are_read():
    array = {'__ndarray__': True, 'data': bytes(8), 'dtype': '<f4', 'shape': [2]}
    found = unpack(bytes(msgpack.packb({'a': array})), LIMITS)
    assert same(found['a'], np.zeros(2, np.float32))


def test_numbers_of_the_other_byte_order_and_a_text_in_an_array_are_read():
    message = {'a': np.arange(3, dtype='>f8'), 'b': np.array('lift'), 'c': np.array([b'lift'])}
    message['d'] = np.array('lift', '>U6')
    found = unpack(msgpack_numpy.packb(message), LIMITS)
    assert same(found['a'], np.arange(3.0))
    assert found['b'] == found['c'] == found['d'] == 'lift'


def test_records_and_objects_of_msgpack_numpy_are_refused():
    record = {b'nd': True, b'type': '|O', b'kind': b'O', b'shape': [1], b'data': bytes(8)}
    with pytest.raises(MessageRefusedError, match='an array of records or objects; allowed: num'):
        unpack(bytes(msgpack.packb({'a': record})), LIMITS)


@pytest.mark.parametrize('value', [np.array([object()]), np.array(1j), 3 + 1j, {1, 2}])
def test_only_plain_data_is_packed(value):
    with pytest.raises(TypeError, match='cannot hold'):
        pack({'a': value})


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'dtype': '|O'}, "type '|O'; allowed"),
        ({'dtype': '<c8'}, 'allowed'),
        ({'dtype': '<U4'}, 'an array of type <U4; allowed: numbers, or one text'),
        ({'dtype': '<U4', 'shape': []}, 'a text of 16 bytes with 8'),
        ({'dtype': '<U2', 'shape': [1], 'data': b'\xff' * 8}, 'damaged'),
        ({'dtype': '|S8', 'shape': [1], 'data': b'\xff' * 8}, 'damaged'),
        ({'dtype': '<U99999', 'shape': [1]}, 'a text of 399996 bytes with 8'),
        ({'dtype': [['a', '|O']]}, 'allowed'),
        ({'dtype': '<f4' * 1000}, 'allowed'),
        ({'shape': [3]}, 'needs 12 bytes, found 8'),
        ({'shape': [2**62, 2**62]}, 'bytes, found 8'),
        ({'shape': [-1, -2]}, 'lacks its data or its shape'),
        ({'shape': [True, 2]}, 'lacks its data or its shape'),
        ({'shape': [1] * 9}, 'lacks its data or its shape'),
        ({'shape': None}, 'lacks its data or its shape'),
        ({'data': 'text'}, 'lacks its data or its shape'),
        ({'data': pickle.dumps(0)}, 'bytes, found'),
    ],
)
def test_a_lying_array_is_refused_with_the_reason(changes, reason):
    with pytest.raises(MessageRefusedError) as caught:
        unpack(packed_array(**changes), LIMITS)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ('data', 'dtype'), [(300, '|u1'), (math.nan, '<i4'), ([1], '<f4'), (10**30, '<f4')]
)
def test_a_lying_scalar_is_refused(data, dtype):
    if data == 10**30:
        data = b'1'
    scalar = {b'__npgeneric__': True, b'data': data, b'dtype': dtype}
    with pytest.raises(MessageRefusedError):
        unpack(bytes(msgpack.packb({'a': scalar})), LIMITS)


@pytest.mark.parametrize(
    ('message', 'reason'),
    [
        (b'', 'truncated'),
        (b'\xc1', 'type 0xc1'),
        (b'\xdd\xff\xff\xff\xff', 'more than 4096 values'),
        (b'\xdf\xff\xff\xff\xff', 'more than 4096 values'),
        (b'\xc6\xff\xff\xff\xff', 'truncated'),
        (b'\xd4\x00\x00', 'type 0xd4'),
        (b'\xc7\x01\x00\x00', 'type 0xc7'),
        (b'\x91' * 100_000 + b'\x00', 'nested deeper than 8'),
        (b'\x81\xa1a' * 100_000 + b'\x00', 'nested deeper than 8'),
        (b'\xdc\x10\x00' + b'\x00' * 4096, 'more than 4096 values'),
        (b'\x80\x80', '1 bytes follow the message'),
        (b'\x93\x01\x02\x03', 'a list, not a map'),
        (b'\x81\xa1\xff\x00', 'damaged'),
        (b'\x81\x01\x02', 'damaged'),
        (b'\x81\x80\x02', 'damaged'),
        (bytes(17 * 2**20), 'has 17825792 bytes; allowed: 16777216'),
    ],
    # Without a name of its own a case is called by its bytes, all 17 million.
    ids=lambda value: value if isinstance(value, str) else value[:8].hex(),
)
def test_a_hostile_message_is_refused_with_the_reason(message, reason):
    with pytest.raises(MessageRefusedError) as caught:
        unpack(message, LIMITS)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ('data', 'kind'), [(pickle.dumps({'a': 1}), 'a pickle'), (b'{"actions": []}', 'JSON')]
)
def test_what_is_no_messagepack_is_told_by_its_name(data, kind):
    with pytest.raises(MessageRefusedError, match=f'bytes follow.*: it looks like {kind}'):
        unpack(data, LIMITS)
