"""A summary.json may come from anywhere: nothing in it gets out of the page, or a file into it."""

from collections import Counter
from html import escape
import json
import os
from xml.etree import ElementTree

import pytest
from run_rows import DRAWING, episode, write_run
from vla_contract.check import Check, Status
from vla_contract.errors import VlaError
from vla_rollout.report.load_run import load_run
from vla_rollout.report.page import write_report
from vla_rollout.report.recorded import RecordedEpisode, RecordedRun
from vla_rollout.report.report_runs import main
from vla_rollout.report.run_files import file_of_run, recording_of
from vla_rollout.report.text import brief, brief_values, printable

HOSTILE = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    ']]></failure><!--',
    '&lt;script&gt;',
    'bell \x07 null \x00 escape \x1b[31m',
    'half of a pair \ud800, nothing \uffff',
    '$\\frac{1$',
    'very long ' + 10_000 * 'x',
]


@pytest.mark.parametrize('text', HOSTILE, ids=range(len(HOSTILE)))
def test_a_text_from_a_result_is_text_on_the_page_and_in_junit(tmp_path, text):
    settings = {'policy': text, text: {'nested': [text]}, 'operator': text}
    results = [
        episode(0, True),
        episode(1, False, text, alarms=[f'1.00 s: {text}: {text}'], instruction=text),
        episode(2, False, None, termination=text),
        episode(3, False, None, termination='stopped', stop_cause=text, alarms=[]),
        episode(4, False, None, chunks=0, failed_inferences=1, inference_failure=text),
        episode(5, False, None, video=text, recording=text),
    ]
    not_counted = [episode(6, False, termination=text, is_counted=False)]
    run = write_run(tmp_path / 'run', results, settings, not_counted=not_counted)
    assert main([str(run.folder), '--json', str(tmp_path / 'r.json')]) == 0
    page = (run.folder / 'report.html').read_text()
    _check(page, text)
    (suite,) = ElementTree.parse(run.folder / 'report.junit.xml').getroot()
    failures = [case.find('failure') for case in suite if case.find('failure') is not None]
    assert len(failures) == 4
    assert suite[4].find('error') is not None
    assert failures[2].get('message') == printable(brief(f'safety stop: {text}'))
    json.loads((tmp_path / 'r.json').read_text())


def _check(page, text):
    """Nothing of the text is markup, and none of it is endless."""
    lower = page.lower()
    assert '<script' not in lower
    assert '<img src=x' not in lower
    assert "' onmouseover='" not in lower
    assert '<!--' not in lower
    assert '\x07' not in page
    assert '\x00' not in page
    assert 'x' * 1000 not in page
    if text.startswith('<script'):
        assert escape(text) in page


def test_texts_of_sweeps_and_instruction_checks_are_text(tmp_path):
    text = HOSTILE[0]
    rows = [{'policy': text, 'domain': text, 'results': [episode(0, False, text)]}]
    difference = {
        'difference': 0.1, 'newcombe_95': [-0.1, 0.3], 'p_value': 0.5, 'test': text, 'pairs': 0,
    }  # fmt: skip
    told = {'results': [episode(0, False, text, instruction=text, lifted=text)]}
    runs = []
    for name, values in {
        'sweep': {'rows': rows, 'differences': {text: difference}},
        'check': {'as_drawn': told, 'swapped': told},
    }.items():
        (tmp_path / name).mkdir()
        values = json.dumps({'settings': {text: text}, **values})
        (tmp_path / name / 'summary.json').write_text(values)
        runs.append(load_run(tmp_path / name))
    write_report(tmp_path / 'report.html', runs, [RecordedRun()] * 2)
    _check((tmp_path / 'report.html').read_text(), text)


def test_names_of_folders_reasons_and_checklists_are_text(tmp_path):
    text = HOSTILE[0].replace('/', '')
    run = write_run(tmp_path / text, [episode(0, True, recording='a')])
    recorded = RecordedRun({0: RecordedEpisode(DRAWING, Counter([text]))}, (text,))
    checklist = [Check(text, Status.FAIL, text, text, text)]
    write_report(tmp_path / 'report.html', [run], [recorded], checklist)
    _check((tmp_path / 'report.html').read_text(), text)


def test_a_folder_whose_name_is_not_unicode_is_reported(tmp_path, capsys):
    folder = tmp_path / os.fsdecode(b'run \xff')
    write_run(folder, [episode(0, False)])
    assert main([str(folder)]) == 0
    assert '\\udcff' in capsys.readouterr().out
    assert 'run \\udcff' in (folder / 'report.html').read_text()


@pytest.fixture
def secrets(tmp_path):
    """A run beside what is nobody's business, and every way that leads there."""
    outside = tmp_path / 'private'
    outside.mkdir()
    (outside / 'secret.mp4').write_bytes(b'secret')
    folder = tmp_path / 'runs' / 'run'
    (folder / 'videos').mkdir(parents=True)
    (folder / 'videos' / 'link.mp4').symlink_to(outside / 'secret.mp4')
    (folder / 'videos' / 'elsewhere').symlink_to(outside)
    os.mkfifo(folder / 'videos' / 'pipe.mp4')
    names = [
        '../../private/secret.mp4',
        'videos/../../../private/secret.mp4',
        str(outside / 'secret.mp4'),
        'videos/link.mp4',
        'videos/elsewhere/secret.mp4',
        'videos/pipe.mp4',
        'videos',
        '/dev/zero',
        'a\0b',
        'x' * 5000,
    ]
    return folder, names


def test_no_file_outside_of_the_run_gets_into_the_page(secrets):
    folder, names = secrets
    assert [file_of_run(folder, name) for name in names] == [None] * len(names)
    results = [episode(k, False, video=name) for k, name in enumerate(names)]
    (folder / 'sweep.png').symlink_to('/dev/zero')
    write_run(folder, results)
    assert main([str(folder)]) == 0
    page = (folder / 'report.html').read_text()
    assert '<video' not in page
    assert 'c2VjcmV0' not in page  # secret, in base64


def test_a_recording_is_where_the_run_says_in_it_or_beside_it(secrets, tmp_path):
    folder, names = secrets
    for name in [n for n in names if n not in ('videos/pipe.mp4', 'videos')]:
        with pytest.raises(VlaError, match='recording not found'):
            recording_of(folder, None, name)
    default = tmp_path / 'runs' / 'recordings'
    for where in (default, folder / 'recordings', tmp_path / 'disk'):
        where.mkdir()
        (where / 'a.mcap').write_bytes(b'')
        named = str(where) if where.name == 'disk' else None
        assert recording_of(folder, named, 'a.mcap') == where / 'a.mcap'
    assert recording_of(folder, str(tmp_path / 'disk'), f'{tmp_path}/disk/a.mcap').exists()
    with pytest.raises(VlaError, match='recording not found'):
        recording_of(folder, str(tmp_path / 'disk'), '../private/secret.mp4')


def test_settings_are_shown_within_bounds():
    deep: dict = {}
    for _ in range(900):
        deep = {'d': deep}
    shown = brief_values({'deep': deep, 'many': list(range(10_000)), 'n': 1, 'none': None})
    assert len(json.dumps(shown)) < 1000
    assert (shown['n'], shown['none']) == ('1', None)
