import io
import os
import pickle
import random
import struct
from typing import Any

from lerobot_pickles import pickled_actions
import numpy as np
import pytest
import torch
from vla_policy_server.wire.errors import WireError
from vla_policy_server.wire.lerobot.answer import read_answer
from vla_policy_server.wire.lerobot.tensors import read_storage

ACTIONS = np.random.default_rng(5).normal(size=(6, 4)).astype(np.float32)


@pytest.mark.parametrize('protocol', [3, 4, 5])
def test_a_chunk_is_read_as_it_was_pickled(protocol):
    found = read_answer(pickled_actions(ACTIONS, step=7, stamp_s=1e9, protocol=protocol))
    assert (found.step, found.stamp_s) == (7, 1e9)
    assert found.period_s == pytest.approx(0.1)
    assert np.array_equal(found.actions, ACTIONS)


@pytest.mark.parametrize('dtype', [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_every_floating_point_type_is_read(dtype):
    sent = torch.from_numpy(ACTIONS).to(dtype)
    assert np.array_equal(read_answer(pickled_actions(sent)).actions, sent.double().numpy())


def test_views_are_read_with_their_offsets_and_strides():
    columns = torch.from_numpy(ACTIONS).T  # steps that are columns of the storage
    assert np.array_equal(read_answer(pickled_actions(columns)).actions, columns.numpy())


def test_a_single_step_has_no_period():
    assert read_answer(pickled_actions(ACTIONS[:1])).period_s is None


class Runs:
    """What a pickle would run if it were unpickled."""

    def __init__(self, called: Any, *arguments: Any) -> None:
        self.made = called, arguments

    def __reduce__(self) -> Any:
        return self.made


def stored(kind: str = 'FloatStorage', **changes: Any) -> bytes:
    """Return PyTorch's older format of a storage of four numbers."""
    said = {
        'place': 'cpu',
        'count': 4,
        'announced': 4,
        'bytes': 16,
        'magic': 0x1950A86A20F9469CFC6C,
    }
    said |= changes
    about = {'protocol_version': 1001, 'little_endian': said.get('little', True)}
    place = said['place'].encode()
    record = b'\x80\x02(X\x07\x00\x00\x00storagectorch\n%b\nX\x01\x00\x00\x007X%b%bJ%bNtQ.' % (
        kind.encode(),
        struct.pack('<I', len(place)),
        place,
        struct.pack('<i', said['count']),
    )
    parts = [pickle.dumps(part, 2) for part in (said['magic'], 1001, about)]
    rest = struct.pack('<q', said['announced']) + bytes(said['bytes'])
    return b''.join([*parts, record, pickle.dumps(['7'], 2), rest])


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'kind': 'LongStorage'}, 'names torch.LongStorage; allowed: torch.BFloat16Storage, '),
        ({'place': 'cuda:0'}, 'not one of numbers on a CPU'),
        ({'count': 5}, 'announces 5 numbers and holds another count'),
        ({'count': -1}, 'announces -1 numbers'),
        ({'announced': 2**62}, 'announces 4 numbers and holds another count'),
        ({'bytes': 12}, 'a storage of 4 numbers with 12 bytes'),
        ({'bytes': 2**20}, 'a storage of 4 numbers with 1048576 bytes'),
        ({'magic': 1}, "not of PyTorch's format"),
        ({'little': False}, 'byte order'),
    ],
)
def test_a_storage_that_lies_is_refused(changes, reason):
    assert read_storage(stored()).shape == (4,)
    with pytest.raises(WireError, match=reason):
        read_storage(stored(**changes))


def tensor(size: Any, stride: Any, offset: int = 0, called: Any = None) -> Runs:
    called = called or torch._utils._rebuild_tensor_v2
    storage = Runs(torch.storage._load_from_bytes, stored())
    return Runs(called, storage, offset, size, stride, False, None)


@pytest.mark.parametrize(
    ('action', 'reason'),
    [
        (tensor((5,), (1,)), 'reaches beyond its storage'),
        (tensor((2,), (4,)), 'reaches beyond its storage'),
        (tensor((4,), (1,), 1), 'reaches beyond its storage'),
        (tensor((4,), (1,), -1), 'reaches beyond its storage'),
        (tensor((4,), (-1,), 3), 'reaches beyond its storage'),
        (tensor((2**60,), (0,)), 'repeats one number'),
        (tensor((2, 2), (2, 1)), 'no tensor of one dimension'),
        (tensor(4, 1), 'no tensor of one dimension'),
        (
            tensor((4,), (1,), called=torch._utils._rebuild_parameter),
            'torch._utils._rebuild_param',
        ),
        ([1.0, 2.0], 'no tensor of one dimension'),
        (
            Runs(os.system, 'touch hacked'),
            'names posix.system; allowed: collections.OrderedDict, ',
        ),
        (Runs(eval, '1'), r'names builtins.eval; allowed: .*helpers.TimedAction, torch'),
        (np.zeros(4), r'names numpy\._core\.multiarray\._reconstruct'),
        ({(1, 2): 3}, 'a key is no text'),
    ],
)
def test_an_action_that_is_no_tensor_is_refused(action, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WireError, match=reason):
        read_answer(pickled_actions(ACTIONS, action=action))
    assert not list(tmp_path.iterdir())


def test_a_storage_that_names_code_is_refused():
    evil = Runs(torch.storage._load_from_bytes, pickle.dumps(Runs(os.system, 'true'), 2))
    action = Runs(torch._utils._rebuild_tensor_v2, evil, 0, (4,), (1,), False, None)
    with pytest.raises(WireError, match='names posix.system; allowed: torch.BFloat16Storage'):
        read_answer(pickled_actions(ACTIONS, action=action))


@pytest.mark.parametrize(
    ('data', 'reason'),
    [
        (b'', 'damaged pickle'),
        (b'.', 'damaged pickle'),
        (b'{"actions": []}', 'damaged pickle|operation'),
        (pickle.dumps([]), 'no list of 1 to 1000 TimedAction'),
        (pickle.dumps({}), 'no list of 1 to 1000'),
        (pickle.dumps([1]), 'an entry that is no TimedAction'),
        (pickled_actions(ACTIONS) + b'more', 'bytes after the pickle'),
        (pickled_actions(ACTIONS)[:-30], 'damaged pickle'),
        (pickled_actions(ACTIONS, timestamp=float('nan')), 'no TimedAction'),
        (pickled_actions(ACTIONS, timestamp='now'), 'no TimedAction'),
        (pickled_actions(ACTIONS, timestep=3), 'steps that do not follow one another'),
        (pickled_actions(np.zeros((1001, 1), np.float32)), '1 to 1000 TimedAction|operations'),
        (b'\x80\x04' + b']' * 10**6 + b'.', 'over 64000 operations'),
        (b'\x80\x04)' + b'\x85' * 60000 + b'.', 'no list of'),
        (b'\x80\x04)' + b'\x85' * 60000 + b'}' + b'\x86.', 'no list of'),
        (b'\x80\x04]r\xff\xff\xff\xff.', 'no list of'),
        (b'\x80\x04B\xff\xff\xff\xffx.', 'damaged pickle'),
        (b'\x80\x04\x8b\xff\xff\xff\x7f.', 'damaged pickle'),
        (b'(S"echo"\nios\nsystem\n.', 'with the operation STRING'),
        (b'\x80\x02\x82\x01.', 'with the operation EXT1'),
        (b'\x80\x05\x97.', 'with the operation NEXT_BUFFER'),
    ],
)
def test_what_is_no_answer_is_refused(data, reason):
    with pytest.raises(WireError, match=reason):
        read_answer(data)


def test_actions_of_several_widths_are_refused():
    views = [torch.zeros(4), torch.zeros(3)]
    with pytest.raises(WireError, match='actions of 2 widths'):
        read_answer(pickled_actions(views))


def test_hostile_answers_only_ever_give_a_refusal():
    rng, good = random.Random(3), pickled_actions(ACTIONS)
    refused = 0
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(rng.randint(1, 6)):
            begin = rng.randrange(len(data))
            match rng.randrange(4):
                case 0:
                    data[begin] = rng.randrange(256)
                case 1:
                    del data[begin : begin + rng.randint(1, 20)]
                case 2:
                    data[begin:begin] = data[begin : begin + rng.randint(1, 40)]
                case 3:
                    data[begin:begin] = rng.randbytes(rng.randint(1, 8))
        try:
            found = read_answer(bytes(data)).actions
        except WireError:
            refused += 1
        else:  # only numbers or names of keys were changed
            assert (found.ndim, found.dtype.kind) == (2, 'f')
    assert refused > 2000


def test_random_programs_only_ever_give_a_refusal():
    rng = random.Random(4)
    operations = b'()]}.0123\x85\x86\x87\x81\x88\x89NRQbehjqrtuasK\x94\x93\x8cX\x00\x01c\n'
    for _ in range(3000):
        program = bytes(rng.choice(operations) for _ in range(rng.randint(1, 60)))
        with pytest.raises(WireError):
            read_answer(b'\x80\x04' + program)


def test_what_torch_reads_of_a_storage_is_what_is_read_here():
    numbers = torch.arange(5.0)
    stream = io.BytesIO()
    torch.save(numbers._typed_storage(), stream, _use_new_zipfile_serialization=False)
    assert np.array_equal(read_storage(stream.getvalue()), numbers.numpy())
