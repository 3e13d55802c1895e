import argparse
import os

import pytest
from vla_contract.cli.path_types import file_to_write, folder_to_write


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'file').touch()
    (tmp_path / 'folder').mkdir()
    (tmp_path / 'circle').symlink_to('circle')
    (tmp_path / 'to_folder').symlink_to('folder')
    return tmp_path


@pytest.mark.parametrize('text', ['new.json', 'file', 'new/deep/x.json', 'to_folder/x.json'])
def test_a_file_may_be_new_or_replaced_and_its_folder_be_made(text):
    assert str(file_to_write()(text)) == text


@pytest.mark.parametrize('text', ['new', 'folder', 'to_folder', 'new/deep', '.', '..'])
def test_a_folder_may_be_new_or_there(text):
    assert str(folder_to_write(text)) == text


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('file/x.json', 'file is a file; allowed: a folder'),
        ('file/deep/x.json', 'file is a file; allowed: a folder'),
        (f'{"a" * 300}.json', 'aaa...: File name too long'),
        ('circle/x.json', 'symbolic links'),
        ('null\0.json', 'null'),
    ],
)
@pytest.mark.parametrize('parse', [file_to_write(), folder_to_write])
def test_where_nothing_can_be_is_refused(parse, text, reason):
    with pytest.raises(argparse.ArgumentTypeError, match=reason):
        parse(text)


def test_a_folder_is_no_file_and_a_file_no_folder():
    with pytest.raises(argparse.ArgumentTypeError, match='found folder, which is a folder'):
        file_to_write()('folder')
    with pytest.raises(argparse.ArgumentTypeError, match='found file, which is a file'):
        folder_to_write('file')


def test_the_ending_says_what_is_written():
    parse = file_to_write('.png', '.jpg')
    assert str(parse('sheet.PNG')) == 'sheet.PNG'
    with pytest.raises(argparse.ArgumentTypeError, match=r'sheet.xyz; .* ends in .png or .jpg'):
        parse('sheet.xyz')


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write anywhere')
def test_a_place_without_permission_is_refused(place):
    (place / 'folder').chmod(0o500)
    with pytest.raises(argparse.ArgumentTypeError, match='no permission to write into'):
        file_to_write()('folder/x.json')
