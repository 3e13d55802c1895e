"""All runs of a folder on one page."""

import os

import pytest
from run_rows import episode, write_run
from vla_contract.errors import ResourceNotFoundError
from vla_contract.page.testing import faults_of
from vla_rollout.report.index import list_runs, write_index
from vla_rollout.report.report_runs import main

FACTS = {'deployment': 'panda_lift_cube', 'backend': 'lerobot', 'source': 'models/reach'}


@pytest.fixture
def runs(tmp_path):
    folder = tmp_path / 'runs'
    write_run(folder / '20261101-120000-demo', [episode(k, k < 3) for k in range(4)], FACTS)
    write_run(folder / '20261130-093000-<b>', [episode(k, True) for k in range(10)], FACTS)
    (folder / 'latest').symlink_to('20261130-093000-<b>')
    (folder / 'recordings').mkdir()
    return folder


def test_runs_are_listed_once_the_newest_first(runs):
    listed = list_runs(runs)
    assert [each.folder.name for each in listed] == [
        '20261130-093000-<b>', '20261101-120000-demo',
    ]  # fmt: skip
    assert [f'{each.when:%d.%m. %H:%M}' for each in listed] == ['30.11. 09:30', '01.11. 12:00']


def test_a_row_says_what_ran_and_how_often_it_succeeded(runs):
    assert faults_of(write_index(runs)) == []
    page = write_index(runs).read_text()
    first, second = (row for row in page.split('<tr>') if '<td>2026-' in row)
    for word in ('2026-11-30 09:30', 'panda_lift_cube', 'models/reach', '<td>10</td>', '10/10'):
        assert word in first
    assert '3/4' in second
    # The interval of 3 of 4, by Wilson's formula.
    assert '30-95%' in second
    assert '<b>' not in page
    assert '&lt;b&gt;' in first


def test_a_run_with_a_report_is_linked_and_the_others_say_what_writes_one(runs):
    page = write_index(runs).read_text()
    assert '<a href' not in page
    assert 'vla rollout report FOLDER' in page
    for folder in ('20261130-093000-<b>', '20261101-120000-demo'):
        assert main([str(runs / folder)]) == 0
    page = write_index(runs).read_text()
    assert '<a href="20261130-093000-%3Cb%3E/report.html">' in page
    assert 'vla rollout report FOLDER' not in page


def test_what_cannot_be_read_is_there_with_its_reason(runs):
    broken, unfinished = runs / '20261115-000000-broken', runs / 'unfinished'
    for folder in (broken, unfinished):
        folder.mkdir()
    (broken / 'summary.json').write_text('{"settings": ')
    (unfinished / 'journal.jsonl').write_text('')
    os.utime(unfinished / 'journal.jsonl', (1, 1))
    listed = list_runs(runs)
    assert [each.folder.name for each in listed if each.fault] == [broken.name, 'unfinished']
    page = write_index(runs).read_text()
    assert 'found no readable JSON' in page
    assert '--resume' in page


def test_the_command_lists_alone_and_after_a_report(runs, capsys):
    assert main(['--index', str(runs)]) == 0
    assert capsys.readouterr().out == f'index: {runs}/index.html\n'
    assert main([str(runs / '20261101-120000-demo'), '--index', str(runs)]) == 0
    assert '<a href="20261101-120000-demo/report.html">' in (runs / 'index.html').read_text()


def test_no_run_is_said(runs, tmp_path, capsys):
    with pytest.raises(ResourceNotFoundError, match='folder that holds runs'):
        list_runs(tmp_path / 'no')
    assert main(['--index', str(runs / 'recordings')]) == 2
    assert main([]) == 2
    assert '--index' in capsys.readouterr().err
