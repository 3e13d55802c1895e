import hashlib
import os

import pytest
from vla_contract.errors import VlaError
from vla_policy_server.identity import content_hash
from vla_policy_server.identity.content_files import checkpoint_files, dataset_files
from vla_policy_server.identity.content_hash import file_sha256, files_sha256


def test_the_hash_of_a_file_is_that_of_hashlib(tmp_path):
    path = tmp_path / 'weights'
    content = os.urandom(3 * (1 << 20) + 7)
    path.write_bytes(content)
    assert file_sha256(path) == hashlib.sha256(content).hexdigest()


def test_a_file_is_read_once_until_it_changes(tmp_path, monkeypatch):
    path = tmp_path / 'weights'
    path.write_bytes(b'one')
    read, reads = content_hash._read, []
    monkeypatch.setattr(content_hash, '_read', lambda p: reads.append(p) or read(p))
    first = file_sha256(path)
    assert file_sha256(path) == first
    assert len(reads) == 1
    path.write_bytes(b'two')
    os.utime(path, ns=(0, 0))
    second = file_sha256(path)
    assert second != first
    os.utime(path, ns=(0, 1))
    assert file_sha256(path) == second
    assert len(reads) == 3


def test_a_file_put_in_the_place_of_another_is_read_though_its_time_and_size_agree(tmp_path):
    path, other = tmp_path / 'weights', tmp_path / 'other'
    path.write_bytes(b'one')
    other.write_bytes(b'two')
    for file in (path, other):
        os.utime(file, ns=(7, 7))
    first = file_sha256(path)
    other.replace(path)
    assert file_sha256(path) != first


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / 'weights'
    path.write_bytes(b'one')
    monkeypatch.setattr(content_hash, '_read', lambda p: p.write_bytes(b'longer') or 'hash')
    with pytest.raises(VlaError, match='changed while it was read'):
        file_sha256(path)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(VlaError, match='none cannot be read: No such file'):
        file_sha256(tmp_path / 'none')


def test_names_count_and_their_order_does_not(tmp_path):
    one, two = tmp_path / 'one', tmp_path / 'two'
    one.write_bytes(b'1')
    two.write_bytes(b'2')
    first = files_sha256(tmp_path, [one, two])
    assert files_sha256(tmp_path, [two, one]) == first
    one.rename(tmp_path / 'new')
    assert files_sha256(tmp_path, [tmp_path / 'new', two]) != first


def test_a_checkpoint_is_weights_configuration_and_policy_file(tmp_path):
    counted = {'model.safetensors', 'deep/part.safetensors', 'config.json', 'vla_policy.yaml'}
    for name in (*counted, 'healthy.json', 'README.md', 'golden_frames.npz', 'deep/notes.json'):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b'')
    found = {path.relative_to(tmp_path).as_posix() for path in checkpoint_files(tmp_path)}
    assert found == counted


def test_a_dataset_is_its_tables(tmp_path):
    counted = {'meta/info.json', 'meta/episodes/0.parquet', 'data/chunk-000/0.parquet'}
    for name in (*counted, 'videos/top/0.mp4', 'README.md'):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b'')
    found = {path.relative_to(tmp_path).as_posix() for path in dataset_files(tmp_path)}
    assert found == counted
