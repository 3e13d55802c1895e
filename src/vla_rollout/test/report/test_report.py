import json
from xml.etree import ElementTree

import numpy as np
import pytest
from vla_action_filter.verdict import Desired
from vla_contract.check import measured, skipped
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import VlaError
from vla_contract.filter_status import NO_REASON, Reason, ReasonCode, Verdict
from vla_contract.values import JointSample
from vla_rollout.diagnosis.alarm import Alarm
from vla_rollout.diagnosis.taxonomy import REVERSALS
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.preflight.page import read_checklist, write_checklist
from vla_rollout.report.comparisons import compare_runs
from vla_rollout.report.episode_figure import draw_episode
from vla_rollout.report.junit import write_junit
from vla_rollout.report.page import write_report
from vla_rollout.report.recorded import count_interventions, RecordedEpisode
from vla_rollout.report.runs import load_run, outcome

PNG = b'\x89PNG'


def episode(seed, success, mode=None, video=None):
    return {
        'seed': seed,
        'success': success,
        'termination': 'success' if success else 'timeout',
        'failure_mode': mode,
        'duration_s': 2.0 + seed / 10,
        'interventions': 3,
        'chunk_latency_p50_ms': 40.0 + seed,
        'filter_counters': {'stops': 0},
        'alarms': [] if success else ['1.20 s: <joints> shake'],
        'video': video,
    }


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / '20261122-demo'
    (folder / 'videos').mkdir(parents=True)
    results = [episode(k, True) for k in range(8)]
    results += [episode(8, False, 'wild oscillation', 'videos/a.mp4'), episode(9, False)]
    (folder / 'videos' / 'a.mp4').write_bytes(b'moving picture')
    settings = {'policy': 'act <1>', 'task': 'lift_cube'}
    text = json.dumps({'settings': settings, 'results': results})
    (folder / 'summary.json').write_text(text)
    return load_run(folder)


def test_an_episode_counts_as_its_diagnosed_mode_or_as_how_it_ended(run):
    assert run.outcomes() == {'success': 8, 'wild oscillation': 1, 'timeout': 1}
    assert outcome(run.results[8]) == 'wild oscillation'


def test_a_run_keeps_its_name_under_a_link(run, tmp_path):
    (tmp_path / 'latest').symlink_to(run.folder)
    assert load_run(tmp_path / 'latest').folder.name == '20261122-demo'


def test_the_page_is_one_file_without_network_and_shows_failures(run, tmp_path):
    write_report(tmp_path / 'report.html', [run], {(run.folder.name, 8): RecordedEpisode(PNG)})
    page = (tmp_path / 'report.html').read_text()
    assert '8/10 (80%' in page
    assert 'http' not in page
    assert 'act &lt;1&gt;' in page
    assert '&lt;joints&gt; shake' in page
    assert page.count('<video') == 1
    assert 'data:video/mp4;base64,' in page
    assert '<details id="20261122-demo-8" open>' in page


def test_two_policies_in_simulation_and_reality_are_compared(run, tmp_path):
    runs = []
    counts = {('a', 'sim'): 9, ('a', 'real'): 7, ('b', 'sim'): 5, ('b', 'real'): 4}
    for (policy, where), successes in counts.items():
        folder = tmp_path / f'{policy}-{where}'
        folder.mkdir()
        results = [episode(k, k < successes) for k in range(10)]
        settings = {'policy': policy, 'task': 'lift_cube'}
        settings |= {'operator': 'A. Smith'} if where == 'real' else {}
        text = json.dumps({'settings': settings, 'results': results})
        (folder / 'summary.json').write_text(text)
        runs.append(load_run(folder))
    assert list(compare_runs(runs)) == [('a-sim', 'b-sim'), ('a-real', 'b-real')]
    write_report(tmp_path / 'report.html', runs, {})
    assert '2 policies: Pearson r 1.00, MMRV 0.000' in (tmp_path / 'report.html').read_text()


def test_runs_of_the_same_seeds_are_compared_in_pairs(run, tmp_path):
    folder = tmp_path / 'other'
    folder.mkdir()
    results = [episode(k, k not in (1, 2)) for k in range(10)]
    settings = {'policy': 'b', 'task': 'lift_cube'}
    (folder / 'summary.json').write_text(json.dumps({'settings': settings, 'results': results}))
    ((names, comparison),) = compare_runs([run, load_run(folder)]).items()
    assert names == ('20261122-demo', 'other')
    assert comparison.test == 'exact McNemar'
    # Each wins two scenes that the other loses.
    assert (comparison.difference.rate, comparison.p_value) == (0.0, 1.0)
    write_report(tmp_path / 'report.html', [run, load_run(folder)], {})
    assert '+0 points (95 % interval' in (tmp_path / 'report.html').read_text()


def test_interventions_are_counted_by_reason_when_they_begin(run, tmp_path):
    limit = Reason('velocity panda_joint2', ReasonCode.VELOCITY)
    verdicts = [(Verdict.PASS, NO_REASON)] * 3 + [(Verdict.CLAMP, limit)] * 4
    late = [Reason(f'cycle took {ms} ms', ReasonCode.OVERRUN) for ms in (61, 74)]
    verdicts += [(Verdict.STOP, reason) for reason in late] + verdicts[:5]
    home = JointSample(0, np.zeros(8), np.zeros(8))
    cycles = [Cycle(k, None, None, home, *said) for k, said in enumerate(verdicts)]
    counts = count_interventions(cycles)
    assert counts == {'clamp: velocity panda_joint2': 2, 'stop: overrun': 1}
    recorded = {(run.folder.name, k): RecordedEpisode(PNG, counts) for k in (0, 8)}
    write_report(tmp_path / 'report.html', [run], recorded)
    page = (tmp_path / 'report.html').read_text()
    assert '<td>clamp: velocity panda_joint2</td><td>4</td>' in page


def test_the_checklist_before_the_runs_is_on_the_page(run, tmp_path):
    findings = [
        measured('disk', True, '30 GB', '>= 20 GB', ''),
        skipped('robot', 'no', 'yes', 'x'),
    ]
    write_checklist(tmp_path, findings, {}, None)
    again = read_checklist(tmp_path / 'preflight.json')
    assert again == findings
    write_report(tmp_path / 'report.html', [run], {}, again)
    assert '<td>30 GB</td>' in (tmp_path / 'report.html').read_text()
    with pytest.raises(VlaError, match='not what preflight writes'):
        read_checklist(tmp_path / 'report.html')


def test_junit_has_a_case_per_episode(run, tmp_path):
    write_junit(tmp_path / 'report.xml', [run])
    suite = ElementTree.parse(tmp_path / 'report.xml').getroot()[0]
    assert (suite.get('tests'), suite.get('failures')) == ('10', '2')
    assert suite[8].find('failure').get('message') == 'wild oscillation'


def test_an_empty_or_damaged_run_is_refused(tmp_path):
    (tmp_path / 'summary.json').write_text('{}')
    with pytest.raises(VlaError, match='run not found: .*; did you mean'):
        load_run(tmp_path.with_name(f'{tmp_path.name}1'))
    with pytest.raises(VlaError, match='not what rollout or simulate writes'):
        load_run(tmp_path)
    (tmp_path / 'summary.json').write_text('{"settings": {}, "results": []}')
    with pytest.raises(VlaError, match='no episode finished'):
        load_run(tmp_path)


def test_an_episode_is_drawn_with_effort_and_alarms():
    cell = load_cell('panda_table')
    home = cell.home
    cycles = [
        Cycle(
            k * 10_000_000,
            Desired(home, np.zeros(8), k * 10_000_000) if k > 3 else None,
            home,
            JointSample(k * 10_000_000, home, np.zeros(8), np.ones(8)),
            Verdict.PASS,
            NO_REASON,
        )
        for k in range(50)
    ]
    alarm = Alarm(REVERSALS, 0.2, 0.5, 0.1, 'of the joint range')
    assert draw_episode(cell, cycles, [alarm]).startswith(PNG)
