from collections import Counter
import logging
import pickle
import random

from episode_messages import episode
from mcap.writer import CompressionType
import pytest
from vla_contract.errors import VlaError
from vla_contract.recordings.mcap_contents import read_contents
from vla_contract.recordings.read_events import read_events
from vla_contract.recordings.recording import Recording
from vla_contract.recordings.testing import write_recording

FLIPS = {'': 1000, 'lz4': 200, 'zstd': 200}


@pytest.fixture(params=['', 'lz4', 'zstd'])
def chunked(request, cell, tmp_path):
    """A recording of several chunks, as each compression writes it."""
    kind = CompressionType[request.param.upper() or 'NONE']
    path = tmp_path / 'episode.mcap'
    messages = episode(cell, '/robot')
    note = {'vla': {'outcome': 'success'}}
    write_recording(path, messages, metadata=note, chunk_size=1500, compression=kind)
    return path


def numbers(path, cell):
    """Return the values of everything that is read, and the sentences about damage."""
    damages = []
    found = [pickle.dumps(each) for each in read_events(path, cell, on_damage=damages.append)]
    return found, damages


def test_a_whole_file_says_nothing_of_damage(chunked, cell):
    found, damages = numbers(chunked, cell)
    assert len(found) == 33
    assert damages == []
    assert Recording(chunked).metadata('vla') == {'outcome': 'success'}
    assert Recording(chunked).metadata('other') == {}


def test_a_truncated_file_is_read_to_its_end_and_says_so(chunked, cell, tmp_path):
    whole, _ = numbers(chunked, cell)
    content = chunked.read_bytes()
    cut = tmp_path / 'cut.mcap.part'
    lengths, refusals = set(), []
    for size in range(len(content) - 1, 0, -197):
        cut.write_bytes(content[:size])
        try:
            found, damages = numbers(cut, cell)
        except VlaError as error:
            refusals.append(str(error))
            continue
        (damage,) = damages
        assert damage.path == cut
        assert damage.byte <= size
        assert damage.messages == len(found)
        assert found == whole[: len(found)]
        assert Recording(cut).metadata('vla') == {}
        lengths.add(len(found))
    assert len(lengths) > 3
    assert all('is not a readable MCAP file' in refusal for refusal in refusals)


def test_damage_is_said_in_one_sentence(chunked, cell, caplog):
    content = chunked.read_bytes()
    chunked.write_bytes(content[: len(content) // 2])
    with caplog.at_level(logging.WARNING):
        count = len(list(read_events(chunked, cell)))
    (said,) = caplog.messages
    assert f'{chunked} is damaged at byte' in said
    assert f': {count} messages up to time 0.' in said


def test_no_flipped_bit_gives_other_numbers_in_silence(chunked, cell, request):
    """Each read raises a VlaError, reports damage, or yields what was written."""
    whole, _ = numbers(chunked, cell)
    content = chunked.read_bytes()
    chance = random.Random(0)
    ends = Counter()
    flips = FLIPS[request.node.callspec.params['chunked']]
    for _ in range(flips):
        flipped = bytearray(content)
        flipped[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        chunked.write_bytes(flipped)
        try:
            found, damages = numbers(chunked, cell)
            outcome = Recording(chunked).metadata('vla').get('outcome')
        except VlaError:
            ends['error'] += 1
            continue
        if damages:
            ends['damage'] += 1
            assert outcome is None
        else:
            ends['same'] += 1
            assert (found, outcome) == (whole, 'success')
        assert set(found) <= set(whole)
    assert ends['damage'] > flips // 10


def test_a_lost_chunk_is_noticed_without_a_checksum_of_the_data(cell, tmp_path):
    path = tmp_path / 'a.mcap'
    write_recording(path, episode(cell), chunk_size=1500, enable_data_crcs=False)
    content = bytearray(path.read_bytes())
    byte = read_contents(path).blocks[1].byte
    assert content[byte] == 6
    content[byte] = 0x86
    path.write_bytes(content)
    (damage,) = Recording(path).damages
    assert 'where the summary counts 33' in damage.why


def test_messages_outside_of_chunks_are_read_and_checked_too(cell, tmp_path):
    path = tmp_path / 'a.mcap'
    write_recording(path, episode(cell), use_chunking=False)
    found, damages = numbers(path, cell)
    assert (len(found), damages) == (33, [])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    (damage,) = Recording(path).damages
    assert damage.why in ('checksum of the data section', 'checksum of the summary')
